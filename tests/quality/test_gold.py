"""How much gold, where, which, and which no longer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quality.trust import gold, gold_review
from tasks.quality.trust.gold import GoldPolicy, Standing
from tasks.quality.trust.gold_review import Doubt, GoldAnswers, GoldLimits, GoldState


def test_newcomers_get_much_gold_the_proven_little_and_the_alarming_much_again() -> None:
    shares = [
        gold.share(Standing(0, 0, 0), 2),
        gold.share(Standing(9, 9, 30), 2),
        gold.share(Standing(19, 20, 200), 2),
        gold.share(Standing(19, 20, 200, alarm=True), 2),
        gold.share(Standing(2, 12, 60), 2),
    ]
    assert shares == [0.25, 0.10, 0.04, 0.25, 0.25]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 1000), st.integers(2, 9), st.booleans())
def test_nobody_is_ever_out_of_sight(
    right: int, wrong: int, answers: int, n_labels: int, alarm: bool
) -> None:
    found = gold.share(Standing(right, right + wrong, answers, alarm), n_labels)
    assert 0.03 <= found <= 0.3


def test_the_gap_to_the_next_gold_cannot_be_foreseen() -> None:
    share, size = 0.2, 10
    drawn = np.concatenate(
        [gold.places(gold.generator(b"secret", "worker", str(suite)), size, share) for suite in range(6000)]
    )
    gaps = np.diff(np.flatnonzero(drawn))
    # Whatever the time since the last gold, and wherever in the suite, the next is gold as often as any.
    for waited in range(1, 9):
        risk = float((gaps == waited).sum() / (gaps >= waited).sum())
        assert risk == pytest.approx(share, abs=0.03)
    assert drawn.reshape(-1, size).mean(axis=0) == pytest.approx(np.full(size, share), abs=0.03)
    counts = drawn.reshape(-1, size).sum(axis=1)
    assert counts.var() == pytest.approx(size * share * (1 - share), rel=0.1)


def test_only_who_has_the_secret_can_foresee_the_draw() -> None:
    def draw(secret: bytes, *parts: str) -> list[bool]:
        return gold.places(gold.generator(secret, *parts), 40, 0.5).tolist()  # type: ignore[no-any-return]

    assert draw(b"one", "worker", "suite") == draw(b"one", "worker", "suite")
    others = [
        draw(b"two", "worker", "suite"),
        draw(b"one", "worker", "next"),
        draw(b"one", "workers", "uite"),
    ]
    assert draw(b"one", "worker", "suite") not in others


@given(st.integers(0, 30), st.floats(0, 1), st.integers(0, 1000))
def test_a_suite_of_several_always_holds_some_work(size: int, share: float, seed: int) -> None:
    drawn = gold.places(np.random.default_rng(seed), size, share)
    assert drawn.shape == (size,)
    assert size < 2 or not drawn.all()


def test_a_suite_of_one_may_be_gold() -> None:
    rng = np.random.default_rng(1)
    assert np.mean([gold.places(rng, 1, 0.3)[0] for _ in range(3000)]) == pytest.approx(0.3, abs=0.03)


def test_gold_of_a_class_little_asked_tells_most() -> None:
    found = gold.worth([0, 1], [1.0, 1.0], right_k=[9, 1], total_k=[10, 1])
    assert found[1] > found[0]


def test_gold_of_a_class_where_the_worker_wavers_tells_more() -> None:
    found = gold.worth([0, 1], [1.0, 1.0], right_k=[10, 5], total_k=[10, 10])
    assert found[1] > found[0]


def test_blunt_gold_and_gold_of_a_class_that_hardly_occurs_tell_less() -> None:
    assert gold.worth([0, 0], [0.1, 1.0], [1, 1], [2, 2])[0] < gold.worth([0], [1.0], [1, 1], [2, 2])[0]
    rare = gold.worth([0, 1], [1.0, 1.0], [1, 1], [2, 2], class_share_k=[0.99, 0.01])
    assert rare[1] < rare[0]


def test_it_prefers_what_tells_most_but_never_only_that() -> None:
    rng = np.random.default_rng(2)
    worth = np.array([4.0, 1.0, 1.0, 0.0])
    drawn = [int(gold.choose(rng, worth, [True] * 4, 1)[0]) for _ in range(3000)]
    shares = np.bincount(drawn, minlength=4) / 3000
    assert shares[0] == pytest.approx(4 / 6, abs=0.05)
    assert shares[1] == pytest.approx(1 / 6, abs=0.05)
    assert shares[3] < 0.01


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=12), st.integers(0, 15))
def test_it_never_shows_what_is_not_usable_nor_the_same_twice(
    rows: list[tuple[float, bool]], size: int
) -> None:
    usable = [row[1] for row in rows]
    drawn = gold.choose(np.random.default_rng(3), [row[0] for row in rows], usable, size).tolist()
    assert len(set(drawn)) == len(drawn) == min(size, sum(usable))
    assert all(usable[index] for index in drawn)


def test_a_worker_meets_each_gold_once_and_none_that_is_out_of_use() -> None:
    states = [GoldState.LIVE.value] * 3 + [GoldState.CONTESTED.value, GoldState.RETIRED.value]
    found = gold_review.usable(states, [0, 500, 3, 0, 0], [False, False, True, False, False])
    assert found.tolist() == [True, False, False, False, False]


def _answers(rows: list[tuple[int, bool, float]], n_gold: int) -> GoldAnswers:
    golds, right, ability = zip(*rows, strict=True) if rows else ((), (), ())
    return GoldAnswers(golds, right, ability, n_gold)  # type: ignore[arg-type]


def test_gold_that_good_workers_fail_is_set_aside_for_an_expert() -> None:
    rows = [(0, False, 0.9)] * 5 + [(0, True, 0.9)] + [(1, False, 0.55)] * 3 + [(1, True, 0.55)] * 3
    found = gold_review.doubts(_answers(rows, 2))
    assert [(doubt.gold, doubt.doubt, doubt.state) for doubt in found] == [
        (0, Doubt.FAILED, GoldState.CONTESTED)
    ]
    assert found[0].sentence == "Only 1 of 6 workers answered it as known; 5.4 were expected."


def test_what_an_expert_upheld_stays_though_workers_fail_it() -> None:
    answers = _answers([(0, False, 0.9)] * 6, 1)
    assert gold_review.doubts(answers, upheld=[True], contests=[5.0]) == ()


def test_one_guesser_cannot_stop_gold_but_two_good_workers_can() -> None:
    found = gold_review.doubts(_answers([], 3), contests=[0.5, 0.9, 1.8])
    assert [(doubt.gold, doubt.doubt) for doubt in found] == [(2, Doubt.CONTESTED)]
    assert found[0].sentence == "Contested by workers worth 1.8; 1.0 set a task aside."


def test_gold_that_many_have_seen_is_retired() -> None:
    found = gold_review.doubts(_answers([(0, True, 0.8)] * 12, 1), limits=GoldLimits(most_shown=10))
    assert [(doubt.doubt, doubt.state) for doubt in found] == [(Doubt.SHOWN, GoldState.RETIRED)]


def test_sound_gold_is_seldom_doubted() -> None:
    rng = np.random.default_rng(4)
    golds = np.repeat(np.arange(300), 15)
    ability = rng.uniform(0.55, 0.98, size=len(golds))
    sound = GoldAnswers(golds, rng.random(len(golds)) < ability, ability, 300)
    assert len(gold_review.doubts(sound)) <= 1
    wrong = GoldAnswers(golds, rng.random(len(golds)) < 1 - ability, ability, 300)
    assert len(gold_review.doubts(wrong)) > 240


def test_gold_is_sharp_where_the_able_are_right_and_blunt_where_all_are() -> None:
    rng = np.random.default_rng(5)
    golds, ability = np.repeat([0, 1, 2], 300), np.tile(rng.uniform(0.5, 0.99, 300), 3)
    chance = np.where(golds == 0, ability, np.where(golds == 1, 0.99, 1 - ability))
    found = gold_review.discrimination(GoldAnswers(golds, rng.random(900) < chance, ability, 4))
    assert found[0] == pytest.approx(1.0, abs=0.3)
    assert found[1] < 0.3
    assert found[2] == 0.05
    assert found[3] == 1.0


def test_the_chance_of_few_right_answers_is_exact() -> None:
    ability = np.array([0.5, 0.5, 0.5])
    assert gold_review.chance_of_at_most(1, ability) == pytest.approx(0.5)
    assert gold_review.chance_of_at_most(3, np.array([0.9, 0.2, 0.7])) == pytest.approx(1.0)
    assert gold_review.chance_of_at_most(0, np.array([0.9, 0.2])) == pytest.approx(0.08)


def test_it_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="shares"):
        GoldPolicy(first=1.0)
    with pytest.raises(ValueError, match="size"):
        gold.places(np.random.default_rng(0), 3, 1.5)
    with pytest.raises(ValueError, match="fit"):
        gold.worth([0], [1.0, 1.0], [1], [1])
    with pytest.raises(ValueError, match="ability"):
        _answers([(0, True, 1.0)], 1)
    with pytest.raises(ValueError, match="contests"):
        gold_review.doubts(_answers([], 2), contests=[1.0])
    with pytest.raises(ValueError, match="shape"):
        gold_review.usable([0], [0, 0], [False])
