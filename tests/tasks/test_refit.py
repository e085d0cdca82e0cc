"""Refits: a whole batch estimated anew; gold and verdicts stand; doing it twice is doing it once."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import draft_batch
from tasks.consensus.fits import refit_question
from tasks.consensus.models import Consensus, Fit
from tasks.disputes.selectors import verdict_answers
from tasks.flow import refits
from tasks.flow.background import refit_batches
from tasks.flow.refits import is_due, refit_batch, refit_due
from tasks.flow.services import launch_batch
from tasks.quality.promise import engine
from tests.factories import Shape, make_dataset, make_expert, make_live, make_worker
from tests.tasks.acts import answer, answer_by_new_workers, decide, dispute_of, pair_batch, task_of
from tests.tasks.conftest import Clock
from workers.profiles.models import Worker
from workers.reliability.models import Reliability

pytestmark = pytest.mark.django_db


def refit(batch: Batch, *, final: bool = False) -> bool:
    return refit_batch(batch=batch, schema=schema_of(batch.project_id), final=final)


def estimates(batch: Batch) -> list[tuple[object, ...]]:
    rows = Consensus.objects.filter(task__batch=batch).order_by("task_id")
    return list(rows.values_list("task_id", "value", "posterior", "answers_used", "method"))


def crowd_on(batch: Batch, size: int = 4) -> list[Worker]:
    """Everybody answers every row: "dog", and the last one the contrary."""
    people = [make_worker() for _ in range(size)]
    for row in range(batch.dataset.rows_count):
        for place, worker in enumerate(people):
            answer(worker, task_of(batch, f"w{row}"), "cat" if place == size - 1 else "dog")
    return people


def wide(work: int, **terms: object) -> Batch:
    shape = Shape(work=work, terms={"min_overlap": 4, "max_overlap": 6, "target_accuracy": 0.95} | terms)
    return make_live(shape=shape)


def test_it_learns_who_is_right_without_being_told() -> None:
    batch = wide(4)
    *right, contrary = crowd_on(batch)
    refit(batch)
    counts = dict(Reliability.objects.values_list("worker_id", "counts"))
    for worker in right:
        assert counts[worker.pk][1][1] > counts[worker.pk][1][0]
    assert counts[contrary.pk][1][0] > counts[contrary.pk][1][1]
    assert Fit.objects.get().answers_seen > 0


def test_it_resolves_open_tasks_that_look_settled_now() -> None:
    batch = wide(4)
    crowd_on(batch)
    assert {task_of(batch, f"w{row}").state for row in range(4)} == {"open"}
    refit(batch)
    assert {task_of(batch, f"w{row}").state for row in range(4)} == {"resolved"}


def test_it_leaves_tasks_open_that_have_too_few_answers() -> None:
    batch = make_live(shape=Shape(work=1, terms={"min_overlap": 3, "target_accuracy": 0.5}))
    answer_by_new_workers(task_of(batch), ["dog", "dog"])
    refit(batch)
    assert task_of(batch).state == "open"


def test_it_may_be_done_twice() -> None:
    batch = pair_batch(work=2)
    answer_by_new_workers(task_of(batch, "w0"), ["dog", "dog"])
    assert refit(batch, final=True)
    fit, first = Fit.objects.values_list("answers_seen", "method", "version").get(), estimates(batch)
    assert refit(batch, final=True)
    assert Fit.objects.values_list("answers_seen", "method", "version").get() == fit
    for before, after in zip(first, estimates(batch), strict=True):
        assert before[:2] == after[:2]
    assert Fit.objects.count() == 1


def test_it_goes_home_while_another_refits_the_same_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pair_batch()
    answer(make_worker(), task_of(batch))
    monkeypatch.setattr(refits, "try_lock", lambda space, key: False)
    assert not refit(batch)
    assert not Fit.objects.exists()


def test_it_does_nothing_where_nobody_has_answered() -> None:
    batch = pair_batch()
    assert refit(batch, final=True)
    assert not Fit.objects.exists()
    assert not Consensus.objects.exists()


def test_it_learns_of_a_worker_from_every_batch_of_the_project_and_leaves_what_was_delivered() -> None:
    first = pair_batch(work=2, max_overlap=4)
    people = crowd_on(first, size=2)
    assert refit(first, final=True)
    delivered = estimates(first)
    second = draft_batch(
        project=first.project,
        dataset=make_dataset(first.project.client, [{"id": f"w{n}", "text": "again"} for n in range(2)]),
        name="Second",
        terms={"no_gold_reason": "a test"},
    )
    launch_batch(batch=second)
    for worker in people:
        for row in ("w0", "w1"):
            answer(worker, task_of(second, row), "dog")
    assert refit(second, final=True)
    counts = Reliability.objects.get(worker=people[0]).counts
    assert sum(map(sum, counts)) == pytest.approx(4, abs=0.5)  # two answers in each batch
    assert estimates(first) == delivered


def test_it_holds_known_answers_fixed() -> None:
    batch = pair_batch(work=1, gold=1)
    for _ in range(4):
        answer(make_worker(), task_of(batch, "g0"), "cat")
    found = refit_question(batch=batch, schema=schema_of(batch.project_id), index=0, verdicts={})
    assert found is not None
    assert found.learned.label_t.tolist() == [1]
    counts = Reliability.objects.values_list("counts", flat=True)
    assert all(row == [[0, 0], [1, 0]] for row in counts)


def test_it_holds_verdicts_fixed_and_lets_them_stand() -> None:
    batch = pair_batch(work=2)
    dispute = dispute_of(task_of(batch, "w0"))
    decide(make_expert(), dispute, "cat")
    verdicts = verdict_answers(batch.project_id)
    assert verdicts == {dispute.task_id: {"animal": "cat"}}
    found = refit_question(batch=batch, schema=schema_of(batch.project_id), index=0, verdicts=verdicts)
    assert found is not None
    assert found.learned.label_t.tolist() == [0]
    refit(batch, final=True)
    row = Consensus.objects.get(task=dispute.task)
    assert (row.value, row.method) == ("cat", "verdict")


def test_it_counts_a_verdict_against_who_was_wrong() -> None:
    batch = pair_batch(work=1)
    wrong, right = answer_by_new_workers(task_of(batch), ["cat", "dog"])
    decide(make_expert(), task_of(batch).disputes.get(), "dog")
    refit(batch)
    counts = dict(Reliability.objects.values_list("worker_id", "counts"))
    # nearly a whole answer each: experts err too
    assert np.allclose(counts[wrong.pk], [[0, 0], [1, 0]], atol=0.02)
    assert np.allclose(counts[right.pk], [[0, 0], [0, 1]], atol=0.02)


def test_it_is_due_after_enough_fresh_answers(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(refits, "FRESH_ANSWERS", 3)
    batch = pair_batch(work=4)
    assert not is_due(batch)
    for row in range(2):
        answer(make_worker(), task_of(batch, f"w{row}"))
    assert not is_due(batch)
    answer(make_worker(), task_of(batch, "w2"))
    assert refit_due() == 1
    assert refit_due() == 0


def test_it_goes_on_with_the_next_batch_where_one_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(refits, "FRESH_ANSWERS", 1)
    monkeypatch.setattr(engine, "MOST_CELLS", 15)  # four workers' matrices of two classes are too many
    crowded, small = wide(1), wide(1)
    crowd_on(crowded, size=4)
    crowd_on(small, size=3)
    assert refit_due() == 1
    assert list(Fit.objects.values_list("batch_id", flat=True)) == [small.pk]
    assert f"the refit of batch {crowded.public_id} failed" in caplog.text
    assert "too many for 4 workers" in caplog.text


def test_it_is_due_after_a_while_for_a_single_fresh_answer(clock: Clock) -> None:
    batch = pair_batch(work=2)
    answer(make_worker(), task_of(batch, "w0"))
    refit(batch)
    clock.forward(31)
    assert not is_due(batch)
    answer(make_worker(), task_of(batch, "w1"))
    assert is_due(batch)
    seen = Fit.objects.get().answers_seen
    refit_batches()
    assert Fit.objects.get().answers_seen > seen


def test_it_waits_longer_the_longer_the_last_one_took(clock: Clock) -> None:
    batch = pair_batch(work=2)
    answer(make_worker(), task_of(batch, "w0"))
    refit(batch)
    Fit.objects.update(seconds=10.0)
    answer(make_worker(), task_of(batch, "w1"))
    clock.forward(499)  # a fiftieth of the time, for a single answer
    assert not is_due(batch)
    clock.forward(10)
    assert is_due(batch)


def test_it_waits_less_long_where_there_is_enough_to_learn(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(refits, "FRESH_ANSWERS", 2)
    batch = pair_batch(work=3)
    answer(make_worker(), task_of(batch, "w0"))
    refit(batch)
    Fit.objects.update(seconds=10.0)
    for row in ("w1", "w2"):
        answer(make_worker(), task_of(batch, row))
    clock.forward(99)  # a tenth of the time
    assert not is_due(batch)
    clock.forward(10)
    assert is_due(batch)


def test_enough_is_a_share_of_what_was_learnt_from(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(refits, "FRESH_ANSWERS", 1)
    batch = pair_batch(work=3)
    answer(make_worker(), task_of(batch, "w0"))
    refit(batch)
    Fit.objects.update(seconds=0.0, held_out_votes=11)
    answer(make_worker(), task_of(batch, "w1"))
    clock.forward(1)
    assert not is_due(batch)
    answer(make_worker(), task_of(batch, "w2"))
    assert is_due(batch)


def test_one_statement_tells_what_is_due_however_many_batches_run() -> None:
    for _ in range(3):
        answer(make_worker(), task_of(pair_batch(work=1), "w0"))
    with CaptureQueriesContext(connection) as asked:
        assert not refits.any_refit_due()
    assert len(asked) == 1
