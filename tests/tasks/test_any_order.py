"""The main loop in any order: whatever people and sweeps do, what must hold, holds after each step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from marketplace.core.clock import now
from marketplace.core.errors import Conflict
from marketplace.ledger.checks import ledger_checks
from marketplace.ledger.money import share_of
from marketplace.ledger.selectors import balance_micros, moved_micros
from marketplace.projects.models import Batch, BatchState
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import escrow_of
from tasks.answers.models import Answer
from tasks.assignment.models import ANSWERED, Assignment, AssignmentState
from tasks.assignment.services import claim_suite, claim_task, expire_leases, return_assignment
from tasks.disputes.models import Dispute, Verdict
from tasks.disputes.services import claim_dispute, release_dispute, reopen_expired
from tasks.flow.refits import refit_batch
from tasks.flow.services import decide_dispute, pause_batch, resume_batch, submit_answer
from tasks.flow.settlement import close_batch, finish_closing, settle_due
from tasks.pool.models import Task
from tests.factories import Shape, make_expert, make_live, make_worker
from workers.profiles.models import Expert, Worker

ROWS = ("w0", "w1", "g0")
TERMS = {
    "min_overlap": 2,
    "max_overlap": 3,
    "target_accuracy": 0.85,
    "gold_max_overlap": 3,
    "gold_share": 0.4,
}
NEXT: dict[str, set[str]] = {
    "open": {"resolved", "disputed", "closed"},
    "disputed": {"resolved"},
    "resolved": set(),
    "closed": set(),
}

people = st.integers(0, 3)
rows = st.sampled_from(ROWS)
animals = st.sampled_from(["cat", "dog"])


class World:
    """Whom and what a run is about; made once, every run is rolled back to it."""

    batch: Batch
    workers: list[Worker]
    experts: list[Expert]


class MainLoop(RuleBasedStateMachine):
    """Acts are tried whether they are allowed or not; a refusal by the domain is a fine outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.batch = Batch.objects.get(pk=World.batch.pk)
        self.given: dict[tuple[int, int], str] = {}
        self.judged: dict[int, str | None] = {}
        self.states = dict.fromkeys(Task.objects.values_list("id", flat=True), "open")

    def teardown(self) -> None:
        """Undo the run."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize(said=st.tuples(*[st.lists(animals, max_size=3)] * 3))
    def begin_somewhere(self, said: tuple[list[str], ...]) -> None:
        """Some rows have answers already, are settled or disputed."""
        for row, answers in zip(ROWS, said, strict=True):
            self.crowd_on(row, answers)

    def held(self, who: int) -> Assignment | None:
        """The last thing a worker ever claimed, in whatever state it is by now."""
        mine = Assignment.objects.filter(worker=World.workers[who]).order_by("-claimed_at", "-id")
        return mine.select_related("task").first()

    @rule(who=people, row=rows)
    def claim_by_name(self, who: int, row: str) -> None:
        """A worker wants one task."""
        task = Task.objects.get(batch=self.batch, row__external_id=row)
        try:
            claim_task(worker=World.workers[who], task=task.public_id)
        except Conflict:
            return
        assert task.state == "open"
        assert Batch.objects.get(pk=self.batch.pk).state == BatchState.LIVE

    @rule(who=people, size=st.integers(1, 3))
    def claim_next(self, who: int, size: int) -> None:
        """A worker wants work."""
        try:
            suite = claim_suite(worker=World.workers[who], batch=self.batch.public_id, size=size)
        except Conflict:
            return
        assert 1 <= len(suite.assignments) <= size

    @rule(who=people, animal=animals)
    def submit(self, who: int, animal: str) -> None:
        """A worker answers, or tries to."""
        held = self.held(who)
        if held is None:
            return
        key = (held.task_id, held.worker_id)
        try:
            done = submit_answer(
                worker=held.worker,
                assignment=held.public_id,
                answer={"animal": animal},
                fence=held.fence,
            )
        except Conflict:
            assert held.state != AssignmentState.CLAIMED
            return
        assert done.new == (key not in self.given)
        assert self.given.setdefault(key, animal) == animal

    @rule(who=people)
    def give_back(self, who: int) -> None:
        """A worker hands a task back."""
        held = self.held(who)
        if held is not None:
            try:
                return_assignment(worker=held.worker, assignment=held.public_id)
            except Conflict:
                assert held.state in (*ANSWERED, AssignmentState.EXPIRED)

    @rule(who=people)
    def let_a_lease_run_out(self, who: int) -> None:
        """Time passes for one worker, then the sweep comes."""
        live = Assignment.objects.filter(worker=World.workers[who], state="claimed")
        ran_out = live.update(lease_expires_at=now() - dt.timedelta(seconds=1))
        assert expire_leases() == ran_out

    @rule(who=st.integers(0, 1))
    def take_a_dispute(self, who: int) -> None:
        """An expert takes the first dispute there is."""
        found = Dispute.objects.exclude(state="decided").order_by("id").first()
        if found is not None:
            try:
                claim_dispute(expert=World.experts[who], dispute=found.public_id)
            except Conflict:
                assert found.expert_id != World.experts[who].pk

    @rule(who=st.integers(0, 1), vanish=st.booleans())
    def let_a_dispute_go(self, who: int, vanish: bool) -> None:
        """An expert hands a dispute back, or is never seen again."""
        mine = Dispute.objects.filter(expert=World.experts[who], state="claimed")
        if vanish:
            ran_out = mine.update(lease_expires_at=now() - dt.timedelta(seconds=1))
            assert reopen_expired() == ran_out
        elif found := mine.first():
            release_dispute(expert=World.experts[who], dispute=found.public_id)

    @rule(who=st.integers(0, 1), animal=st.sampled_from(["cat", "dog", None]))
    def decide(self, who: int, animal: str | None) -> None:
        """An expert says what it is, or that nobody can tell."""
        found = Dispute.objects.filter(expert=World.experts[who]).order_by("-id").first()
        if found is None:
            return
        words: dict[str, Any] = {"outcome": "decided" if animal else "undecidable", "reason": "clear"}
        words["answer"] = {"animal": animal} if animal else None
        try:
            decide_dispute(expert=World.experts[who], dispute=found.public_id, fence=found.fence, **words)
        except Conflict:
            assert found.state == "open" or self.judged.get(found.pk, "") != animal
            return
        assert self.judged.setdefault(found.pk, animal) == animal

    @rule(row=rows, said=st.lists(animals, min_size=1, max_size=4))
    def crowd_on(self, row: str, said: list[str]) -> None:
        """One worker after another claims a row and answers it."""
        for who, animal in enumerate(said):
            self.claim_by_name(who, row)
            self.submit(who, animal)

    @rule(who=st.integers(0, 1), animal=st.sampled_from(["cat", "dog", None]))
    def judge(self, who: int, animal: str | None) -> None:
        """An expert takes a dispute and ends it."""
        self.take_a_dispute(who)
        self.decide(who, animal)

    @rule(final=st.booleans())
    def sweep(self, final: bool) -> None:
        """What the machine does by itself: pay, refit, close what waits."""
        due = Assignment.objects.filter(state="submitted").count()
        assert settle_due() == due
        assert refit_batch(batch=self.batch, schema=schema_of(self.batch.project_id), final=final)
        finish_closing(batch_id=self.batch.pk)

    @rule(act=st.sampled_from([pause_batch, resume_batch, resume_batch, resume_batch, close_batch]))
    def hesitate(self, act: Callable[..., object]) -> None:
        """The client pauses, goes on, or ends it."""
        try:
            act(batch=self.batch)
        except Conflict:
            assert self.batch.state != (BatchState.LIVE if act is pause_batch else BatchState.PAUSED)

    @invariant()
    def counters_are_the_rows(self) -> None:
        """Never more than overlap, never a counter off."""
        counted = Task.objects.annotate(
            live=Count("assignments", filter=Q(assignments__state="claimed"), distinct=True),
            done=Count("assignments", filter=Q(assignments__state__in=ANSWERED), distinct=True),
            stored=Count("answers", distinct=True),
        )
        for task in counted:
            assert (task.live_count, task.answers_count) == (task.live, task.done)
            assert task.done == task.stored
            assert task.live + task.done <= task.max_overlap

    @invariant()
    def answers_are_what_was_said(self) -> None:
        """Nothing lost, nothing overwritten, nobody twice."""
        stored = Answer.objects.values_list("task_id", "worker_id", "value")
        assert {(task, worker): value["animal"] for task, worker, value in stored} == self.given
        assert len(stored) == len(self.given)
        verdicts = Verdict.objects.values_list("dispute_id", "answer")
        assert {pk: answer and answer["animal"] for pk, answer in verdicts} == self.judged

    @invariant()
    def tasks_only_move_forward(self) -> None:
        """Settled is settled; a task is disputed exactly while an expert is wanted."""
        fresh = dict(Task.objects.values_list("id", "state"))
        for task, state in fresh.items():
            assert state == self.states[task] or state in NEXT[self.states[task]]
        self.states = fresh
        undecided = Dispute.objects.exclude(state="decided").values_list("task_id", flat=True)
        assert set(undecided) == {task for task, state in fresh.items() if state == "disputed"}

    @invariant()
    def the_books_are_right(self) -> None:
        """Every check of the ledger; every micro that was held is somewhere."""
        assert [check for check in ledger_checks() if not check.ok] == []
        self.batch.refresh_from_db()
        pot, terms = escrow_of(self.batch), self.batch
        per_answer = terms.reward_micros + share_of(terms.reward_micros, terms.fee_ppm)
        per_verdict = terms.expert_reward_micros + share_of(terms.expert_reward_micros, terms.fee_ppm)
        paid = Assignment.objects.filter(state="accepted").count() * per_answer
        paid += len(self.judged) * per_verdict
        escrow = balance_micros(pot)
        went_in, went_back = (moved_micros(pot, entry_kind=kind) for kind in ("escrow", "refund"))
        assert went_in == escrow + paid - went_back
        if self.batch.state == BatchState.CLOSED:
            self.nothing_is_left_undone(escrow)
        else:
            assert (
                escrow
                >= self.answers_that_may_come() * per_answer + self.verdicts_that_may_come() * per_verdict
            )

    def nothing_is_left_undone(self, escrow: int) -> None:
        """A closed batch holds no money, no lease and no question."""
        assert escrow == 0
        assert not Assignment.objects.filter(state__in=("claimed", "submitted")).exists()
        assert not Dispute.objects.exclude(state="decided").exists()

    def answers_that_may_come(self) -> int:
        """What is held or not paid yet, and what open tasks may still be answered."""
        room = Sum(F("max_overlap") - F("answers_count") - F("live_count"))
        still = Task.objects.filter(state="open").aggregate(room=room)["room"] or 0
        return still + Assignment.objects.filter(state__in=("claimed", "submitted")).count()

    def verdicts_that_may_come(self) -> int:
        """Every task that is disputed or may yet be."""
        return Task.objects.filter(state__in=("open", "disputed"), is_gold=False).count()


@pytest.mark.django_db
def test_it_holds_together_whatever_comes() -> None:
    World.batch = make_live(shape=Shape(work=2, gold=1, terms=TERMS))
    World.workers = [make_worker(f"Ben {n}") for n in range(4)]
    World.experts = [make_expert(f"Cho {n}") for n in range(2)]
    run_state_machine_as_test(
        MainLoop,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            # without shrinking, which takes minutes here; add Phase.shrink to look into a failure
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
