"""Which recorded answer may go next: many at once, yet each worker and each task in recorded order. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from tasks.replays.recorded import Answer


class Line:
    """Answers waiting in recorded order.

    An answer may start when the previous one of its worker and the previous one of its task are done, and
    when it is at most `window` places behind the oldest that is not: so no worker and no task is ever in
    two places at once, and the replay as a whole stays close to the record.
    """

    def __init__(self, answers: Sequence[Answer], window: int) -> None:
        self._count, self._window = len(answers), window
        self._oldest = 0
        self._done = bytearray(len(answers))
        self._followers: list[list[int]] = [[] for _ in answers]
        self._waits_for = [0] * len(answers)
        last_of_worker: dict[str, int] = {}
        last_of_task: dict[str, int] = {}
        for place, answer in enumerate(answers):
            before = {last_of_worker.get(answer.worker), last_of_task.get(answer.task)} - {None}
            for earlier in before:
                self._followers[earlier or 0].append(place)
            self._waits_for[place] = len(before)
            last_of_worker[answer.worker] = last_of_task[answer.task] = place
        self._ready = [place for place, count in enumerate(self._waits_for) if not count]
        heapq.heapify(self._ready)

    @property
    def finished(self) -> bool:
        """Whether every answer is done."""
        return self._oldest == self._count

    def take(self) -> int | None:
        """The place of the next answer to start; None when none may start before another is done."""
        if not self._ready or self._ready[0] >= self._oldest + self._window:
            return None
        return heapq.heappop(self._ready)

    def done(self, place: int) -> None:
        """Note that an answer taken is done: those that waited only for it may start."""
        self._done[place] = 1
        while self._oldest < self._count and self._done[self._oldest]:
            self._oldest += 1
        for follower in self._followers[place]:
            self._waits_for[follower] -= 1
            if not self._waits_for[follower]:
                heapq.heappush(self._ready, follower)
