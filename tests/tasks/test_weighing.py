"""What answers add up to, as pure numbers: no database."""

from __future__ import annotations

import numpy as np
import pytest

from marketplace.projects.schema import parse
from tasks.consensus.rules import BatchPlan, Terms
from tasks.consensus.weighing import Heard, Known, Record, Standing, unfitted, weigh
from tasks.quality.promise.stopping import Decision
from tasks.quality.truth import posterior

ANIMAL = parse({"questions": [{"name": "animal", "kind": "choice", "options": ["cat", "dog"]}]})
NOTE = parse({"questions": [{"name": "note", "kind": "text", "required": False}]})
BOTH = parse(
    {
        "questions": [
            {"name": "animal", "kind": "choice", "options": ["cat", "dog"]},
            {"name": "note", "kind": "text", "required": False},
        ]
    }
)
GOOD = [[-0.05, -3.0], [-3.0, -0.05]]


def terms(target: float = 0.8, least: int = 2, most: int = 5) -> Terms:
    return Terms(target, least, most, expert_cost=10.0)


def heard(
    label: int, table: list[list[float]] | None = None, note: str = "", right: tuple[int, int] = (0, 0)
) -> Heard:
    record = Record(table or [], *right)
    value = {"note": note} if note else {}
    return Heard([label, -1], value, {"animal": record, "note": record})


def fitted(plan: BatchPlan | None = None) -> dict[str, Standing]:
    newcomer = np.array([[-0.3, -1.4], [-1.4, -0.3]])
    return {"animal": Standing(Known(newcomer, np.zeros(2), 0.05, fitted=True), plan)}


def test_nobody_s_answers_are_nothing_and_more_are_wanted() -> None:
    found = weigh(ANIMAL, [], {}, terms())
    assert (found.confidence, found.answers, found.decision, found.results) == (0.0, 0, Decision.EXTEND, [])


def test_it_is_the_posterior_of_all_that_was_said() -> None:
    answers = [heard(1, GOOD), heard(0), heard(1, GOOD)]
    known = fitted()["animal"].known
    expected = posterior.of_weights(
        [1, 0, 1], np.array([GOOD, known.newcomer_kl, GOOD]), known.log_prior_k, known.correlation
    )
    (result,) = weigh(ANIMAL, answers, fitted(), terms()).results
    assert result.posterior == pytest.approx(expected, abs=1e-6)
    assert (result.value, result.answers_used, result.method) == ("dog", 3, "posterior")


def test_before_a_fit_graded_gold_is_what_tells_people_apart() -> None:
    stranger, proven = (
        weigh(ANIMAL, [heard(1, table)], {}, terms()).confidence for table in (None, [[6.0, 0.0], [0.0, 8.0]])
    )
    nobody = unfitted(2)
    expected = posterior.of_weights([1], nobody.table(None)[None], nobody.log_prior_k, nobody.correlation)
    assert stranger == pytest.approx(expected[1])
    assert proven > stranger + 0.05


def test_texts_are_merged_by_how_right_people_were_on_gold() -> None:
    answers = [heard(-1, note="a cat", right=(0, 8)), heard(-1, note="a dog", right=(8, 8)), heard(-1)]
    (result,) = weigh(NOTE, [Heard([-1], each.value, each.records) for each in answers], {}, terms()).results
    assert (result.value, result.answers_used, result.method) == ("a dog", 2, "merge")


def test_the_least_sure_question_decides() -> None:
    answers = [heard(1, GOOD, "a dog"), heard(1, GOOD, "a cat")]
    found = weigh(BOTH, answers, fitted(), terms())
    assert [result.question for result in found.results] == ["animal", "note"]
    assert found.confidence == min(result.confidence for result in found.results)
    assert found.decision is Decision.EXTEND
    assert weigh(BOTH, [heard(1, GOOD, "a dog")] * 2, fitted(), terms()).decision is Decision.RESOLVE


def test_a_task_is_near_when_one_more_answer_could_settle_it() -> None:
    def near(*answers: Heard, **bounds: float) -> bool:
        found = weigh(ANIMAL, answers, fitted(), terms(**bounds))  # type: ignore[arg-type]
        assert found.decision is Decision.EXTEND
        return found.near

    assert near(heard(1, GOOD))  # surely enough, but by one person only
    assert near(heard(0), heard(1))  # in doubt, but not far from it
    assert not near(heard(1, GOOD), least=3)  # two more must come, whatever they say
    assert not near(heard(0), heard(1), target=0.99, most=50)


def test_an_expert_is_asked_where_no_answer_to_come_could_help() -> None:
    answers = [heard(0, GOOD), heard(1, GOOD)] * 2
    assert weigh(ANIMAL, answers, fitted(), terms(0.995)).decision is Decision.DISPUTE
    strangers = [heard(0), heard(1)] * 2  # of whose crowd nothing is known
    assert weigh(ANIMAL, strangers, {}, terms(0.995)).decision is Decision.EXTEND
