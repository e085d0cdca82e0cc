"""What a refit leaves behind, and what the next answer makes of it: the live step and the plan."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from django.db.models import Max

from marketplace.core.clock import now
from marketplace.projects.models import Batch
from marketplace.projects.selectors import schema_of
from marketplace.projects.services import draft_batch
from tasks.consensus.fits import Refit, refit_question
from tasks.consensus.models import Consensus, Fit
from tasks.consensus.rules import BatchPlan
from tasks.consensus.votes import FitMark, standings, terms_of
from tasks.consensus.weighing import Record, Standing, unfitted
from tasks.disputes.selectors import verdict_answers
from tasks.flow.refits import refit_batch
from tasks.flow.services import launch_batch, submit_answer
from tasks.flow.submit import decide_tasks
from tasks.quality.promise import engine
from tasks.quality.truth import posterior
from tests.factories import Shape, make_dataset, make_expert, make_live, make_worker
from tests.tasks.acts import answer, answer_by_new_workers, claim, decide, dispute_of, pair_batch, task_of
from workers.profiles.models import Worker
from workers.reliability.models import Reliability

pytestmark = pytest.mark.django_db

# a target so high that nothing settles by the target alone
OPEN_TERMS = {"min_overlap": 2, "max_overlap": 6, "target_accuracy": 0.999, "gold_max_overlap": 20}
TWO_QUESTIONS: dict[str, Any] = {
    "questions": [
        {"name": "animal", "kind": "choice", "options": ["cat", "dog"]},
        {"name": "size", "kind": "choice", "options": ["small", "big"]},
    ]
}


def learn(batch: Batch) -> Refit:
    """A refit of the first question."""
    verdicts = verdict_answers(batch.project_id)
    found = refit_question(batch=batch, schema=schema_of(batch.project_id), index=0, verdicts=verdicts)
    assert found is not None
    return found


def refit(batch: Batch) -> None:
    assert refit_batch(batch=batch, schema=schema_of(batch.project_id))


def wide_batch(*, work: int = 4, gold: int = 0, **terms: Any) -> Batch:
    return make_live(shape=Shape(work=work, gold=gold, terms=OPEN_TERMS | terms))


def crowd(batch: Batch, *, gold: int = 0, work: int = 0, size: int = 4, wrong_every: int = 7) -> list[Worker]:
    """People who answer known rows ("dog") and work, and are wrong now and then, each elsewhere."""
    people = [make_worker() for _ in range(size)]
    rows = [f"g{n}" for n in range(gold)] + [f"w{n}" for n in range(work)]
    for place, worker in enumerate(people):
        for n, row in enumerate(rows):
            answer(worker, task_of(batch, row), "cat" if (n + 2 * place) % wrong_every == 0 else "dog")
    return people


def planned(batch: Batch) -> BatchPlan:
    """What the last refit planned."""
    plan = Fit.objects.get(batch=batch).plan
    assert plan is not None
    return BatchPlan(**plan)


def give_plan(batch: Batch, question: str = "animal", **values: Any) -> None:
    """Let the last refit have planned something."""
    plan = BatchPlan(
        feasible=True,
        threshold=0.8,
        overlap=6,
        accuracy=0.95,
        accuracy_low=0.92,
        crowd_accuracy=0.9,
        crowd_low=0.88,
        gold_tasks=40,
    )
    Fit.objects.filter(batch=batch, question=question).update(plan=asdict(plan) | values, fitted_at=now())


def standing_of(batch: Batch) -> Standing:
    """What the next answer to the first question is weighed by."""
    newest = Fit.objects.filter(project=batch.project).aggregate(Max("fitted_at"))["fitted_at__max"]
    own = Fit.objects.filter(batch=batch).aggregate(Max("fitted_at"))["fitted_at__max"]
    return standings(batch.pk, batch.project_id, FitMark(newest, own))["animal"]


def record_of(worker: Worker) -> Record:
    """What is known of a worker once the project is fitted."""
    row = Reliability.objects.get(worker=worker)
    return Record(row.weights, row.gold_right, row.gold_answers)


# What a refit leaves behind


def test_it_keeps_for_every_worker_what_the_live_step_needs() -> None:
    batch = wide_batch()
    people = crowd(batch, work=3)
    found = learn(batch)
    kept = {row.worker_id: row for row in Reliability.objects.all()}
    assert set(kept) == {worker.pk for worker in people}
    for code, worker_id in enumerate(found.votes.worker_ids.tolist()):
        row = kept[worker_id]
        assert np.array(row.weights) == pytest.approx(found.learned.log_weights_wkl[code], abs=1e-4)
        assert np.array(row.counts) == pytest.approx(found.learned.counts["shrunk"][code], abs=1e-4)
        assert row.version == f"{engine.METHOD}/{engine.VERSION}"


def test_it_keeps_for_the_project_what_goes_for_everybody() -> None:
    batch = wide_batch()
    crowd(batch, work=3)
    found = learn(batch).learned
    fit = Fit.objects.get()
    assert np.array(fit.newcomer) == pytest.approx(found.newcomer_kl, abs=1e-4)
    assert np.array(fit.log_prior) == pytest.approx(found.log_prior_k, abs=1e-4)
    assert fit.correlation == found.correlation
    assert list(fit.members) == [member.name for member in found.members]
    assert (fit.gold_tasks, fit.plan, fit.method) == (0, None, engine.METHOD)


def test_it_calibrates_on_gold_and_plans() -> None:
    batch = wide_batch(gold=8)
    crowd(batch, gold=8, work=2)
    refit(batch)
    fit = Fit.objects.get()
    assert fit.gold_tasks == 8
    assert planned(batch).gold_tasks == 8
    assert sum(fit.members.values()) > 0


def test_verdicts_teach_but_do_not_calibrate() -> None:
    batch = pair_batch(work=8)
    expert = make_expert()
    for row in range(8):
        decide(expert, dispute_of(task_of(batch, f"w{row}")), "dog")
    found = learn(batch)
    assert found.learned.label_t.tolist() == [1] * 8
    fit = Fit.objects.get()
    assert (fit.gold_tasks, fit.plan) == (0, None)


def test_twice_changes_nothing() -> None:
    batch = wide_batch(gold=6)
    crowd(batch, gold=6, work=3)

    def state() -> list[object]:
        fit = Fit.objects.values().get()
        told = {key: value for key, value in fit.items() if key not in ("seconds", "fitted_at")}
        return [told, list(Reliability.objects.order_by("id").values_list("counts", "weights"))]

    refit(batch)
    before = state()
    refit(batch)
    assert state() == before


def test_it_scores_the_estimators_anew_only_when_votes_have_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = wide_batch(work=10)
    crowd(batch, work=10, size=3)
    scored: list[int] = []
    learn = engine.learn

    def counted(votes: Any, *more: Any, held_out_m: Any, **other: Any) -> Any:
        if held_out_m is None:
            scored.append(votes.n_votes)
        return learn(votes, *more, held_out_m=held_out_m, **other)

    monkeypatch.setattr(engine, "learn", counted)
    refit(batch)
    kept = Fit.objects.get().held_out
    for row in range(9):
        answer_by_new_workers(task_of(batch, f"w{row}"), ["dog"])
    refit(batch)
    assert scored == [30]
    assert Fit.objects.get().held_out == kept
    answer_by_new_workers(task_of(batch, "w9"), ["dog"])
    refit(batch)
    assert scored == [30, 40]


# What the next answer makes of it


@pytest.mark.parametrize("gold", [0, 6])
def test_the_live_posterior_is_the_batch_s_for_the_same_answers(gold: int) -> None:
    batch = wide_batch(gold=gold)
    crowd(batch, gold=gold, work=4)
    found = learn(batch)
    post_tk = np.exp(found.learned.log_post_tk)
    looked = 0
    for code, task_id in enumerate(found.votes.task_ids.tolist()):
        if task_id in {task_of(batch, f"w{row}").pk for row in range(4)}:
            decide_tasks(task_ids=[task_id])
            row = Consensus.objects.get(task_id=task_id)
            assert row.posterior == pytest.approx(post_tk[code], abs=1e-3)
            assert (row.method, row.version) == ("posterior", engine.VERSION)
            looked += 1
    assert looked == 4


def test_a_newcomer_weighs_what_this_crowd_s_newcomers_do() -> None:
    batch = wide_batch(work=5)
    crowd(batch, work=4)
    refit(batch)
    fit = Fit.objects.get()
    answer(make_worker(), task_of(batch, "w4"), "dog")
    expected = posterior.of_weights(
        [1], np.array([fit.newcomer]), np.array(fit.log_prior), float(fit.correlation)
    )
    assert Consensus.objects.get(task=task_of(batch, "w4")).posterior == pytest.approx(expected, abs=1e-6)


def test_graded_gold_makes_no_weight_of_its_own_before_the_next_refit() -> None:
    batch = wide_batch(work=5, gold=4)
    crowd(batch, work=4)
    refit(batch)
    graded = make_worker()
    for row in range(4):
        answer(graded, task_of(batch, f"g{row}"), "dog")
    known = standing_of(batch).known
    assert (known.table(record_of(graded)) == known.table(None)).all()
    refit(batch)
    known = standing_of(batch).known
    assert known.table(record_of(graded))[1, 1] != known.table(None)[1, 1]


def test_before_the_first_refit_all_classes_are_alike_and_people_are_right_more_often_than_not() -> None:
    known = unfitted(3)
    for label in range(3):
        post_k = posterior.of_weights([label], known.table(None)[None], known.log_prior_k, known.correlation)
        assert post_k.argmax() == label
        assert 1 / 3 < post_k[label] < 0.75


def test_another_batch_of_the_project_starts_with_what_is_known_and_without_a_plan() -> None:
    first = wide_batch(gold=6)
    people = crowd(first, gold=6, work=4)
    refit(first)
    give_plan(first)
    rows = [{"id": f"w{n}", "text": "again"} for n in range(2)]
    second = draft_batch(
        project=first.project,
        dataset=make_dataset(first.project.client, rows),
        name="Second",
        terms=OPEN_TERMS | {"no_gold_reason": "a test"},
    )
    launch_batch(batch=second)
    stands = standing_of(second)
    assert stands.known.fitted
    assert stands.plan is None
    answer(people[0], task_of(second, "w0"))
    expected = posterior.of_weights(
        [1],
        np.array([Reliability.objects.get(worker=people[0]).weights]),
        stands.known.log_prior_k,
        stands.known.correlation,
    )
    assert Consensus.objects.get(task=task_of(second, "w0")).posterior == pytest.approx(expected, abs=1e-6)


# The plan decides


def test_a_task_settles_at_the_threshold_of_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posterior, "reachable", lambda *heard: 1.0)
    batch = wide_batch(work=6)
    crowd(batch, work=4)
    refit(batch)
    states = []
    for row, threshold in (("w4", 0.999), ("w5", 0.5)):
        give_plan(batch, threshold=threshold)
        answer_by_new_workers(task_of(batch, row), ["dog", "dog"])
        states.append(task_of(batch, row).state)
    sure = [Consensus.objects.get(task=task_of(batch, row)).confidence for row in ("w4", "w5")]
    assert sure[0] == sure[1]
    assert states == ["open", "resolved"]


def test_a_plan_from_gold_changes_when_tasks_settle() -> None:
    """Two strangers who agree settle nothing by the target alone; known rows show that they may."""
    settled = []
    for gold in (0, 20):
        batch = wide_batch(work=1, gold=gold, target_accuracy=0.9)
        crowd(batch, gold=gold, size=5, wrong_every=20)
        refit(batch)
        plan = Fit.objects.filter(batch=batch).values_list("plan", flat=True).first()
        assert (plan is not None) == (gold > 0)
        answer_by_new_workers(task_of(batch), ["dog", "dog"])
        settled.append(task_of(batch).state)
    assert settled == ["open", "resolved"]


@pytest.mark.parametrize(("overlap", "asked"), [(1, 2), (3, 3), (40, 6)])
def test_an_expert_is_asked_after_as_many_answers_as_planned_within_the_client_s_bounds(
    overlap: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posterior, "reachable", lambda *heard: 1.0)
    batch = wide_batch(work=5)
    crowd(batch, work=4)
    refit(batch)
    give_plan(batch, threshold=0.97, overlap=overlap)
    task = task_of(batch, "w4")
    for value in ["dog", "cat"] * 3:
        if task_of(batch, "w4").state == "open":
            answer(make_worker(), task, value)
    assert (task_of(batch, "w4").state, task_of(batch, "w4").answers_count) == ("disputed", asked)


def test_a_refit_settles_open_tasks_that_its_own_plan_lets_settle() -> None:
    batch = wide_batch(work=1, gold=20, target_accuracy=0.9)
    people = answer_by_new_workers(task_of(batch), ["dog", "dog"])
    assert task_of(batch).state == "open"
    for n in range(20):
        for worker in [*people, make_worker()]:
            answer(worker, task_of(batch, f"g{n}"), "dog" if n else "cat")
    refit(batch)
    assert task_of(batch).state == "resolved"
    assert Consensus.objects.get(task=task_of(batch)).confidence >= planned(batch).threshold


def test_a_target_out_of_reach_sends_nothing_to_the_expert_before_its_time() -> None:
    batch = wide_batch(work=1, gold=10, target_accuracy=0.99)
    crowd(batch, gold=10, wrong_every=3)
    refit(batch)
    plan = planned(batch)
    assert (plan.feasible, plan.threshold, plan.overlap) == (False, 0.99, 6)
    assert plan.crowd_low < 0.99
    answer(make_worker(), task_of(batch))
    assert task_of(batch).state == "open"


def test_an_expert_s_price_is_counted_in_answers_with_the_fee_on_both() -> None:
    batch = wide_batch(reward_micros=60_000, expert_reward_micros=300_000)
    assert terms_of(batch).expert_cost == pytest.approx(5.0)


# Several questions


def say(worker: Worker, batch: Batch, row: str, animal: str, size: str) -> None:
    held = claim(worker, task_of(batch, row))
    submit_answer(worker=worker, assignment=held.public_id, answer={"animal": animal, "size": size})


def test_a_task_is_settled_when_each_question_is_at_its_own_threshold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(posterior, "reachable", lambda *heard: 1.0)
    batch = make_live(shape=Shape(work=6, schema=TWO_QUESTIONS, terms=OPEN_TERMS))
    people = [make_worker() for _ in range(3)]
    for row in range(4):
        for worker in people:
            say(worker, batch, f"w{row}", "dog", "big" if row % 2 else "small")
    refit(batch)
    assert set(Fit.objects.values_list("question", flat=True)) == {"animal", "size"}
    states = []
    for name, threshold in (("w4", 0.9999), ("w5", 0.5)):
        give_plan(batch, "animal", threshold=0.5)
        give_plan(batch, "size", threshold=threshold)
        for worker in people[:2]:
            say(worker, batch, name, "dog", "big")
        states.append(task_of(batch, name).state)
    assert states == ["open", "resolved"]


def test_one_question_that_needs_an_expert_sends_the_whole_task() -> None:
    batch = make_live(shape=Shape(work=5, schema=TWO_QUESTIONS, terms=OPEN_TERMS))
    people = [make_worker() for _ in range(3)]
    for row in range(4):
        for worker in people:
            say(worker, batch, f"w{row}", "dog", "big" if row % 2 else "small")
    refit(batch)
    give_plan(batch, "animal", threshold=0.5)
    give_plan(batch, "size", threshold=0.95, overlap=2)
    for worker, size in zip(people, ("big", "small"), strict=False):
        say(worker, batch, "w4", "dog", size)
    task = task_of(batch, "w4")
    assert task.state == "disputed"
    least = min(task.consensus.values_list("confidence", flat=True))
    assert task.disputes.get().evidence == {"confidence": round(least, 4), "answers": 2}
