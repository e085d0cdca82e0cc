"""What holds of every kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kinds.kind import Json
from marketplace.kinds.registry import KINDS, kind_of
from tests.kinds import region_cases, simple_cases
from tests.kinds.cases import Case

CASES = {**simple_cases.CASES, **region_cases.CASES}
#: each law is tried on some twenty cases
few = settings(max_examples=40)
every_kind = pytest.mark.parametrize("name", CASES)


def drawn(case: Case, data: st.DataObject, *, least: int = 1) -> list[Json]:
    raw = data.draw(st.lists(case.answers, min_size=least, max_size=6))
    return [case.kind.canonical(case.config, answer) for answer in raw]


def weights_for(answers: list[Json], data: st.DataObject) -> list[float]:
    share = st.floats(0.05, 0.95)
    return data.draw(st.lists(share, min_size=len(answers), max_size=len(answers)))


@pytest.mark.parametrize("name", KINDS)
def test_every_registered_kind_is_tried_here(name: str) -> None:
    assert any(kind_of(name) is case.kind for case in CASES.values())


@every_kind
@few
@given(data=st.data())
def test_a_canonical_answer_is_its_own_canonical_form(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    (answer,) = drawn(CASES[name], data)[:1]
    assert kind.canonical(config, answer) == answer


@every_kind
@few
@given(data=st.data())
def test_agreement_is_symmetric_and_full_with_oneself(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    a, b = drawn(CASES[name], data, least=2)[:2]
    assert kind.agree(config, a, b) == kind.agree(config, b, a)
    assert 0 <= kind.agree(config, a, b) <= 1
    assert kind.agree(config, a, a) == 1
    assert kind.grade(config, a, a).passed


@every_kind
@few
@given(data=st.data())
def test_a_merged_value_is_a_valid_answer(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    answers = drawn(CASES[name], data)
    merged = kind.merge(config, answers, weights_for(answers, data))
    assert kind.canonical(config, merged.value) == merged.value
    assert 0 <= merged.confidence <= 1
    assert all(0 <= part <= 1 for part in merged.parts.values())


@every_kind
@few
@given(data=st.data())
def test_identical_answers_merge_to_that_answer(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    answers = drawn(CASES[name], data)[:1] * 3
    assert kind.merge(config, answers, weights_for(answers, data)).value == answers[0]


@every_kind
@few
@given(data=st.data())
def test_the_order_of_workers_does_not_matter(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    answers = drawn(CASES[name], data)
    weights = weights_for(answers, data)
    order = data.draw(st.permutations(range(len(answers))))
    before = kind.merge(config, answers, weights)
    after = kind.merge(config, [answers[i] for i in order], [weights[i] for i in order])
    assert after == before


@every_kind
@few
@given(data=st.data())
def test_an_answer_of_weight_nought_vanishes(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    answers = drawn(CASES[name], data, least=2)
    weights = weights_for(answers, data)
    alone = kind.merge(config, answers[1:], weights[1:])
    assert kind.merge(config, answers, [0.0, *weights[1:]]) == alone


@every_kind
@few
@given(data=st.data())
def test_answers_of_nobody_who_is_ever_right_are_still_merged(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    answers = drawn(CASES[name], data)
    merged = kind.merge(config, answers, [0.0] * len(answers))
    assert kind.canonical(config, merged.value) == merged.value
    assert 0 <= merged.confidence <= 1


@every_kind
@few
@given(data=st.data())
def test_a_class_code_leads_back_to_its_value(name: str, data: st.DataObject) -> None:
    kind, config, _ = CASES[name]
    (answer,) = drawn(CASES[name], data)[:1]
    code, classes = kind.label(config, answer), kind.n_labels(config)
    assert (code is None) == (classes is None)
    if code is not None and classes is not None:
        assert 0 <= code < classes
        assert kind.value_of(config, code) == answer


@every_kind
def test_settings_survive_being_written_out(name: str) -> None:
    kind, config, _ = CASES[name]
    assert kind.parse(kind.describe(config)) == config


def test_there_is_no_kind_of_another_name() -> None:
    with pytest.raises(LookupError, match="tarot"):
        kind_of("tarot")
