"""Claiming against a plain model: whatever people do, in whatever order, claims hand out what they should."""

from __future__ import annotations

import random
from typing import ClassVar

import pytest
from django.db import transaction
from django.db.models import Count, Q
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from marketplace.core.clock import now
from marketplace.core.errors import Conflict
from marketplace.projects.models import Batch, BatchState
from tasks.assignment.models import ANSWERED, Assignment
from tasks.assignment.services import (
    AlreadyYours,
    BatchNotLive,
    NothingToDo,
    TaskFullyLeased,
    TaskSettled,
    claim_suite,
    claim_task,
    expire_leases,
    return_assignment,
)
from tasks.flow.services import pause_batch, resume_batch, submit_answer
from tasks.flow.settlement import close_batch
from tasks.pool.models import Lane, Task
from tests.factories import Shape, make_live, make_worker
from tests.tasks.conftest import Clock
from tests.tasks.modelled import Modelled
from workers.profiles.models import Worker

WORK, GOLD, WORKERS = 10, 3, 3
TERMS = {
    "min_overlap": 2,
    "max_overlap": 4,
    "gold_max_overlap": 3,
    "gold_share": 0.3,
    "suite_size": 4,
    "lease_seconds": 60,
    "target_accuracy": 0.9,
}
people = st.integers(0, WORKERS - 1)
tasks = st.integers(0, WORK + GOLD - 1)


class World:
    """What every run starts from."""

    batch: ClassVar[Batch]
    workers: ClassVar[list[Worker]]
    clock: ClassVar[Clock]


class Claiming(RuleBasedStateMachine):
    """What people may do; after every act the database must be as the model."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.batch = Batch.objects.get(pk=World.batch.pk)
        found = Task.objects.filter(batch=self.batch).order_by("id")
        self.tasks = [
            Modelled(task.pk, task.public_id, task.is_gold, task.overlap, task.max_overlap) for task in found
        ]
        self.by_name = {task.name: task for task in self.tasks}
        self.leases: dict[tuple[int, int], tuple[str, int, float]] = {}  # who, task: name, fence, end
        self.state = "live"

    def teardown(self) -> None:
        """Undo the run."""
        World.clock.ahead *= 0
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def fitting(self, who: int) -> list[Modelled]:
        """Work that the worker may have."""
        return [task for task in self.tasks if not task.gold and task.fits(who)]

    def note_lease(self, who: int, task: Modelled, name: str, fence: int) -> None:
        """A claim succeeded."""
        task.live.add(who)
        task.skipped.discard(who)
        task.begun = task.begun or not task.gold
        self.leases[who, task.pk] = (name, fence, now().timestamp() + TERMS["lease_seconds"])

    def note_row(self, task: Modelled) -> None:
        """Take over what an answer decided: that is not the claim's affair."""
        row = Task.objects.get(pk=task.pk)
        task.state, task.overlap, task.near = row.state, row.overlap, row.lane == Lane.NEAR

    def held_by(self, who: int) -> list[Modelled]:
        """What a worker holds."""
        return [task for task in self.tasks if who in task.live]

    @rule(who=people, size=st.sampled_from([1, 1, 2, 4]), seed=st.integers(0, 99))
    def claim_next(self, who: int, size: int, seed: int) -> None:
        """A suite is all that fits, in the order of the lanes; where nothing fits, nothing comes."""
        fitting = self.fitting(who)
        known = [task for task in self.tasks if task.gold and task.fits(who)]
        try:
            suite = claim_suite(
                worker=World.workers[who], batch=self.batch.public_id, size=size, rng=random.Random(seed)
            )
        except BatchNotLive:
            assert self.state != "live"
            return
        except NothingToDo:
            assert self.state == "live"
            assert fitting == []
            return
        assert self.state == "live"
        got = [self.by_name[leased.task] for leased in suite.assignments]
        work, gold = [task for task in got if not task.gold], [task for task in got if task.gold]
        assert len({task.pk for task in got}) == len(got) <= size
        assert all(task.fits(who) for task in got)
        assert fitting
        assert work or size == len(gold) == 1
        assert len(gold) <= len(known)
        lanes = sorted((task.lane for task in fitting), reverse=True)
        assert sorted((task.lane for task in work), reverse=True) == lanes[: len(work)]
        assert len(work) == min(size - len(gold), len(fitting)) or len(fitting) < size
        for leased in suite.assignments:
            self.note_lease(who, self.by_name[leased.task], leased.public_id, leased.fence)

    @rule(who=people, which=tasks)
    def claim_by_name(self, who: int, which: int) -> None:
        """A named task comes if it is wanted and not had; a task passed on may be taken back."""
        task = self.tasks[which]
        had = who in task.live | task.answered
        try:
            suite = claim_task(worker=World.workers[who], task=task.name)
        except AlreadyYours:
            assert had
        except TaskSettled:
            assert task.state != "open" or len(task.answered) >= task.most
        except BatchNotLive:
            assert self.state != "live"
        except TaskFullyLeased:
            assert not task.wanted
        else:
            assert task.wanted
            assert not had
            assert self.state == "live"
            leased = suite.assignments[0]
            self.note_lease(who, task, leased.public_id, leased.fence)

    @rule(who=people, animal=st.sampled_from(["cat", "dog"]), pick=st.integers(0, 9))
    def submit(self, who: int, animal: str, pick: int) -> None:
        """What is held may be answered; what follows for the task is taken over."""
        held = self.held_by(who)
        if not held:
            return
        task = held[pick % len(held)]
        name, fence, _ = self.leases[who, task.pk]
        submit_answer(worker=World.workers[who], assignment=name, answer={"animal": animal}, fence=fence)
        task.live.discard(who)
        task.answered.add(who)
        self.note_row(task)

    @rule(who=people, skipped=st.sampled_from([True, False, False]), pick=st.integers(0, 9))
    def give_back(self, who: int, skipped: bool, pick: int) -> None:
        """Something comes back."""
        held = self.held_by(who)
        if not held:
            return
        task = held[pick % len(held)]
        return_assignment(worker=World.workers[who], assignment=self.leases[who, task.pk][0], skipped=skipped)
        task.live.discard(who)
        if skipped:
            task.skipped.add(who)

    @rule(who=people, pick=st.integers(0, 9))
    def dither(self, who: int, pick: int) -> None:
        """A worker reads on, and only then gives something back."""
        self.claim_next(who, 1, 0)
        self.claim_next(who, 1, 1)
        self.give_back(who, False, pick)
        self.claim_next(who, 1, 2)

    @rule(seconds=st.sampled_from([5, 20, 61]))
    def time_passes(self, seconds: int) -> None:
        """Leases that ran out are taken back, and no others."""
        World.clock.forward(seconds)
        late = [
            (who, task)
            for task in self.tasks
            for who in task.live
            if self.leases[who, task.pk][2] < now().timestamp()
        ]
        assert expire_leases() == len(late)
        for who, task in late:
            task.live.discard(who)

    @rule(which=tasks)
    def extend(self, which: int) -> None:
        """One answer more is wanted of a task that is open."""
        task = self.tasks[which]
        if task.state == "open":
            task.overlap = min(task.most, max(task.overlap, len(task.answered) + 1))
            Task.objects.filter(pk=task.pk).update(overlap=task.overlap)

    @rule(which=st.integers(0, WORK - 1))
    def come_near(self, which: int) -> None:
        """A posterior has come close to its threshold."""
        task = [task for task in self.tasks if not task.gold][which]
        if task.answered and task.state == "open":
            Task.objects.filter(pk=task.pk).update(lane=Lane.NEAR)
            task.near = True

    @rule(act=st.sampled_from([pause_batch, resume_batch, resume_batch]))
    def hesitate(self, act: object) -> None:
        """The client pauses, or goes on."""
        try:
            act(batch=self.batch)  # type: ignore[operator]
        except Conflict:
            return
        self.state = "paused" if act is pause_batch else "live"

    @precondition(lambda self: self.state == "live" and sum(len(t.answered) for t in self.tasks) > 12)
    @rule()
    def close(self) -> None:
        """The client ends it."""
        close_batch(batch=self.batch)
        self.state = "closing"

    @invariant()
    def the_database_is_as_the_model(self) -> None:
        """Counts, wants and lanes; nobody twice, nobody too many."""
        rows = Task.objects.in_bulk([task.pk for task in self.tasks])
        for task in self.tasks:
            row = rows[task.pk]
            if self.state != "closing":  # which takes open tasks off the market by itself
                assert (row.state, row.overlap, row.wanted) == (task.state, task.overlap, task.wanted)
            assert (row.live_count, row.answers_count) == (len(task.live), len(task.answered))
            assert len(task.live) + len(task.answered) <= task.most
            assert not task.live & task.answered
            if row.wanted and not task.gold:
                assert row.lane == task.lane
        counted = Assignment.objects.values("task").annotate(
            live=Count("id", filter=Q(state="claimed")), done=Count("id", filter=Q(state__in=ANSWERED))
        )
        by_task = {row["task"]: (row["live"], row["done"]) for row in counted}
        for task in self.tasks:
            assert by_task.get(task.pk, (0, 0)) == (len(task.live), len(task.answered))


@pytest.mark.django_db
def test_it_hands_out_what_the_model_would_whatever_comes(clock: Clock) -> None:
    World.clock = clock
    World.batch = make_live(shape=Shape(work=WORK, gold=GOLD, terms=TERMS))
    World.workers = [make_worker(f"Ben {n}") for n in range(WORKERS)]
    assert World.batch.state == BatchState.LIVE
    run_state_machine_as_test(
        Claiming,
        settings=settings(
            max_examples=18,
            stateful_step_count=40,
            deadline=None,
            # without shrinking, which takes minutes here; add Phase.shrink to look into a failure
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
