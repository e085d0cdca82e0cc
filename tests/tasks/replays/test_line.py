"""The order of a replay: many at once, each worker and each task in recorded order."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tasks.replays.recorded import Answer
from tasks.replays.scheduler import Line


def answers(*pairs: tuple[str, str]) -> list[Answer]:
    return [Answer(task, worker, "1", None) for task, worker in pairs]


def test_it_starts_what_shares_neither_worker_nor_task() -> None:
    line = Line(answers(("a", "w1"), ("b", "w2"), ("a", "w3"), ("c", "w1")), window=10)
    assert [line.take(), line.take(), line.take()] == [0, 1, None]
    line.done(0)
    assert [line.take(), line.take(), line.take()] == [2, 3, None]


def test_it_waits_once_for_an_answer_with_the_same_worker_and_task() -> None:
    line = Line(answers(("a", "w1"), ("a", "w1")), window=10)
    assert [line.take(), line.take()] == [0, None]
    line.done(0)
    assert line.take() == 1


def test_it_stays_within_the_window() -> None:
    line = Line(answers(("a", "w1"), ("b", "w2"), ("c", "w3")), window=2)
    assert [line.take(), line.take(), line.take()] == [0, 1, None]
    line.done(1)
    assert line.take() is None
    line.done(0)
    assert line.take() == 2


def test_it_is_finished_at_once_without_answers() -> None:
    assert Line([], window=5).finished


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), max_size=40),
    st.integers(1, 12),
    st.integers(0, 1000),
)
def test_it_ends_every_answer_and_never_overtakes(
    pairs: list[tuple[str, str]], window: int, seed: int
) -> None:
    rng = random.Random(seed)
    line, running, ended = Line(answers(*pairs), window), set[int](), list[int]()
    while not line.finished:
        while (place := line.take()) is not None:
            busy = [pairs[other] for other in running]
            assert all(pairs[place][0] != task and pairs[place][1] != worker for task, worker in busy)
            running.add(place)
        chosen = rng.choice(sorted(running))
        running.remove(chosen)
        ended.append(chosen)
        line.done(chosen)
    assert sorted(ended) == list(range(len(pairs)))
    for part in (0, 1):
        for name in {pair[part] for pair in pairs}:
            own = [place for place in ended if pairs[place][part] == name]
            assert own == sorted(own)
