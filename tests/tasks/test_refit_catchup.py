"""Catch-ups: between two full refits of a large project only the tasks with something new are visited."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from tasks.consensus import catchups, fits, votes
from tasks.consensus.catchups import CatchUp, catch_up_question
from tasks.consensus.fits import refit_question
from tasks.consensus.models import Fit, Footing
from tasks.disputes.selectors import verdict_answers
from tasks.flow import refits
from tasks.flow.refits import refit_batch
from tasks.flow.services import submit_answer
from tests.factories import Shape, make_expert, make_live, make_worker
from tests.tasks.acts import answer, claim, decide, task_of
from tests.tasks.conftest import Clock
from workers.profiles.models import Worker
from workers.reliability.models import Reliability

pytestmark = pytest.mark.django_db

ROWS = 6


@pytest.fixture(autouse=True)
def _every_project_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits, "DEAR", 0.0)
    # a few answers more than double a handful
    for module in (fits, catchups):
        monkeypatch.setattr(module, "GROWTH", 3.0)


def wide(**terms: Any) -> Batch:
    shape = Shape(
        work=ROWS, gold=2, terms={"min_overlap": 5, "max_overlap": 6, "target_accuracy": 0.95} | terms
    )
    return make_live(shape=shape)


def crowd_on(batch: Batch, rows: list[str], size: int = 4) -> list[Worker]:
    """The same people answer every row: "dog", and the last one the contrary."""
    people = [make_worker() for _ in range(size)]
    for row in rows:
        answer_all(people, batch, row)
    return people


def answer_all(people: list[Worker], batch: Batch, row: str) -> None:
    for place, worker in enumerate(people):
        answer(worker, task_of(batch, row), "cat" if place == len(people) - 1 else "dog")


def refit(batch: Batch, *, final: bool = False) -> None:
    assert refit_batch(batch=batch, schema=schema_of(batch.project_id), final=final)


def caught_up(batch: Batch) -> CatchUp | None:
    verdicts = verdict_answers(batch.project_id)
    return catch_up_question(batch=batch, schema=schema_of(batch.project_id), index=0, verdicts=verdicts)


def stored() -> list[tuple[object, ...]]:
    rows = Reliability.objects.order_by("worker_id")
    return list(rows.values_list("worker_id", "counts", "weights", "version"))


def test_it_visits_only_the_tasks_with_new_answers() -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "w2", "g0"])
    refit(batch)
    answer_all(people, batch, "w3")
    found = caught_up(batch)
    assert found is not None
    assert found.votes.task_ids.tolist() == [task_of(batch, "w3").pk]
    assert found.learned.label_t.tolist() == [1]


def test_it_finds_what_a_full_refit_finds() -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "w2", "g0"])
    refit(batch)
    for row in ("w3", "w4", "g1"):
        answer_all(people, batch, row)
    refit(batch)
    quick = stored()
    Footing.objects.all().delete()
    refit(batch)
    for near, exact in zip(quick, stored(), strict=True):
        assert near[0] == exact[0]
        assert np.allclose(near[1], exact[1], atol=0.1)  # type: ignore[arg-type]
        assert np.allclose(near[2], exact[2], atol=0.2)  # type: ignore[arg-type]


def test_it_may_be_done_twice() -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    answer_all(people, batch, "w2")
    refit(batch)
    first = stored()
    seen = Fit.objects.get().answers_seen
    refit(batch)
    assert stored() == first
    assert Fit.objects.get().answers_seen == seen


def test_it_adds_nothing_to_the_catch_up_before() -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    answer_all(people, batch, "w2")
    refit(batch)
    answer_all(people, batch, "w3")
    refit(batch)
    in_two_steps = stored()
    Reliability.objects.update(counts=[], weights=[])
    refit(batch)
    assert stored() == in_two_steps


def test_plan_and_scores_stay_those_of_the_last_full_refit() -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    kept = ("plan", "held_out", "held_out_votes", "members", "gold_tasks", "log_prior", "correlation")
    before = Fit.objects.values(*kept).get()
    answer_all(people, batch, "w2")
    refit(batch)
    assert Fit.objects.values(*kept).get() == before


def test_it_weighs_who_joined_since_and_leaves_whom_it_did_not_meet() -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    absent = make_worker()
    answer(absent, task_of(batch, "w0"))
    refit(batch)
    before = Reliability.objects.get(worker=absent)
    newcomer = make_worker()
    for row in ("w2", "w3", "g1"):
        answer_all(people, batch, row)
        answer(newcomer, task_of(batch, row))
    refit(batch)
    weights = np.array(Reliability.objects.get(worker=newcomer).weights)
    assert (np.diag(weights) > np.diag(np.array(Fit.objects.get().newcomer)))[1]
    after = Reliability.objects.get(worker=absent)
    assert (after.weights, after.updated_at) == (before.weights, before.updated_at)


def test_it_visits_a_task_that_only_got_a_verdict() -> None:
    batch = make_live(shape=Shape(work=3, terms={"min_overlap": 2, "max_overlap": 2, "target_accuracy": 0.9}))
    people = [make_worker() for _ in range(2)]
    for row in ("w0", "w1"):
        answer(people[0], task_of(batch, row), "cat")
        answer(people[1], task_of(batch, row), "dog")
    refit(batch)
    dispute = task_of(batch, "w0").disputes.get()
    decide(make_expert(), dispute, "dog")
    found = caught_up(batch)
    assert found is not None
    assert found.votes.task_ids.tolist() == [dispute.task_id]
    assert found.learned.label_t.tolist() == [1]
    counts = dict(Reliability.objects.values_list("worker_id", "counts"))
    assert counts[people[1].pk][1][1] > counts[people[0].pk][1][1]


def test_it_resolves_open_tasks_that_look_settled_now(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fits, catchups):
        monkeypatch.setattr(module, "GROWTH", 10.0)
    batch = wide(min_overlap=4)
    people = crowd_on(batch, ["w0", "w1", "g0", "g1"])
    refit(batch)
    rows = ["w2", "w3", "w4"]
    for row in rows:
        for worker in people[:3]:
            answer(worker, task_of(batch, row), "dog")
    assert {task_of(batch, row).state for row in rows} == {"open"}  # for want of a fourth answer
    Batch.objects.update(min_overlap=3)
    batch.refresh_from_db()
    refit(batch)
    assert {task_of(batch, row).state for row in rows} == {"resolved"}


def test_a_full_refit_comes_when_votes_have_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fits, catchups):
        monkeypatch.setattr(module, "GROWTH", 1.3)
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "w2", "g0"])
    refit(batch)
    seen = Footing.objects.get().answers_seen
    answer_all(people, batch, "w3")
    assert caught_up(batch) is not None
    answer_all(people, batch, "w4")
    assert caught_up(batch) is None
    refit(batch)
    assert Footing.objects.get().answers_seen > seen
    assert Fit.objects.get().held_out_votes == 24


def test_a_full_refit_comes_at_the_end() -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    seen = Footing.objects.get().answers_seen
    answer_all(people, batch, "w2")
    refit(batch)
    assert Footing.objects.get().answers_seen == seen
    refit(batch, final=True)
    assert Footing.objects.get().answers_seen > seen


def test_a_batch_without_a_plan_gets_a_full_refit_first() -> None:
    batch = wide()
    crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    Fit.objects.all().delete()
    assert caught_up(batch) is None
    refit(batch)
    assert Fit.objects.exists()


def test_a_project_whose_refits_are_quick_keeps_no_footing(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    assert Footing.objects.exists()
    monkeypatch.setattr(fits, "DEAR", 3600.0)
    answer_all(people, batch, "w2")
    Fit.objects.all().delete()
    refit(batch)
    assert not Footing.objects.exists()


def test_no_more_is_kept_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits, "MOST_KEPT", 100)
    batch = wide()
    crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    assert not Footing.objects.exists()


def test_a_few_answers_are_enough_where_a_catch_up_will_do(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(refits, "FRESH_ANSWERS", 2)
    monkeypatch.setattr(refits, "FRESH_SHARE", 1.0)
    batch = wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    refit(batch)
    Fit.objects.update(seconds=0.0)
    for worker in people[:2]:
        answer(worker, task_of(batch, "w2"))
    assert refits.is_due(batch)
    Footing.objects.all().delete()
    assert not refits.is_due(batch)


def test_it_reads_the_answers_of_its_own_project_alone() -> None:
    batch, other = wide(), wide()
    people = crowd_on(batch, ["w0", "w1", "g0"])
    crowd_on(other, ["w0"])
    found = votes.project_votes(batch.project_id, 0, 2)
    assert found is not None
    assert found.table.n_votes == 12
    assert set(found.worker_ids.tolist()) == {worker.pk for worker in people}
    refit(batch)
    crowd_on(other, ["w1"])
    answer_all(people, batch, "w2")
    caught = caught_up(batch)
    assert caught is not None
    assert caught.votes.table.n_votes == 4


def test_the_first_question_is_not_the_second() -> None:
    schema = {
        "questions": [
            {"name": name, "kind": "choice", "title": name, "options": ["cat", "dog"]} for name in ("a", "b")
        ]
    }
    batch = make_live(shape=Shape(work=1, schema=schema))
    held = claim(make_worker(), task_of(batch))
    submit_answer(
        worker=held.worker, assignment=held.public_id, answer={"a": "cat", "b": "dog"}, fence=held.fence
    )
    labels = [votes.project_votes(batch.project_id, index, 2).table.label.tolist() for index in (0, 1)]  # type: ignore[union-attr]
    assert labels == [[0], [1]]
    assert refit_question(batch=batch, schema=schema_of(batch.project_id), index=1, verdicts={}) is not None
