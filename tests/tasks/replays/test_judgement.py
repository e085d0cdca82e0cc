"""The simulated expert's verdicts."""

from __future__ import annotations

from tasks.replays.expert import Judgement

ROWS = {f"t{n}": "b" for n in range(2000)}
CLASSES = ("a", "b", "c")


def test_it_says_the_truth_when_it_never_errs() -> None:
    judgement = Judgement(ROWS, CLASSES, error=0.0, seed=1)
    assert {judgement.of_row(row) for row in ROWS} == {"b"}


def test_it_errs_as_often_as_told_and_evenly() -> None:
    judgement = Judgement(ROWS, CLASSES, error=0.2, seed=1)
    said = [judgement.of_row(row) for row in ROWS]
    assert 0.17 < 1 - said.count("b") / len(said) < 0.23
    assert abs(said.count("a") - said.count("c")) < 100


def test_it_says_the_same_of_a_row_whenever_it_is_asked() -> None:
    judgement = Judgement(ROWS, CLASSES, error=0.5, seed=1)
    assert [judgement.of_row(row) for row in ROWS] == [judgement.of_row(row) for row in ROWS]


def test_it_knows_nothing_where_there_is_no_truth() -> None:
    assert Judgement(ROWS, CLASSES, error=0.5, seed=1).of_row("elsewhere") is None


def test_it_cannot_err_where_there_is_one_class() -> None:
    assert Judgement({"t": "a"}, ("a",), error=1.0, seed=1).of_row("t") == "a"
