"""Agreement beyond chance, against published tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality import agreement
from tasks.quality.agreement import Scale, krippendorff_alpha
from tasks.quality.bootstrap import Measure, interval
from tasks.quality.simulate import Makeup, crowd, skewed
from tasks.quality.votes import VoteTable
from tests.quality.crowds import vote_tables

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: four observers, twelve units.
OBSERVERS = ("123321412___", "1233224125_3", "_3332342251_", "12332441251_")

# Fleiss 1971, table 1: six psychiatrists on each of 30 patients, votes for five diagnoses.
PSYCHIATRISTS = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006
10050 11040 03300 10050 02031 00501 30012 51000 02040 10203
00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""

# Cohen 1960, table 1, as shares of 200: rows one judge, columns the other
JUDGES = ((50, 26, 24), (24, 4, 32), (6, 30, 4))


def published() -> VoteTable:
    rows = [
        (unit, observer, int(value) - 1)
        for observer, values in enumerate(OBSERVERS)
        for unit, value in enumerate(values)
        if value != "_"
    ]
    task, worker, label = np.array(rows).T
    return VoteTable(task, worker, label, 12, 4, 5)


def counted(rows: list[list[int]]) -> VoteTable:
    """A table with so many votes of each label on each task, each vote by another worker."""
    cells = [(task, label) for task, row in enumerate(rows) for label, n in enumerate(row) for _ in range(n)]
    task, label = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    return VoteTable(task, np.arange(len(task)), label, len(rows), len(task), len(rows[0]))


def paired(table: tuple[tuple[int, ...], ...]) -> VoteTable:
    """Two workers, and how often one said the row and the other the column."""
    pairs = [(k, l_) for k, row in enumerate(table) for l_, n in enumerate(row) for _ in range(n)]
    task = np.repeat(np.arange(len(pairs)), 2)
    return VoteTable(task, np.tile([0, 1], len(pairs)), np.array(pairs).ravel(), len(pairs), 2, len(table))


def fleiss_table() -> VoteTable:
    return counted([[int(n) for n in row] for row in PSYCHIATRISTS.split()])


@pytest.mark.parametrize(
    ("scale", "value"), [(Scale.NOMINAL, 0.743), (Scale.ORDINAL, 0.815), (Scale.INTERVAL, 0.849)]
)
def test_it_gives_krippendorffs_published_values(scale: Scale, value: float) -> None:
    assert krippendorff_alpha(published(), scale) == pytest.approx(value, abs=0.0005)


def test_it_gives_fleiss_published_value() -> None:
    assert agreement.fleiss_kappa(fleiss_table()) == pytest.approx(0.430, abs=0.0005)
    assert agreement.percent_agreement(fleiss_table()) == pytest.approx(0.556, abs=0.001)


def test_cohens_kappa_by_hand() -> None:
    # 58 of 200 the same; by chance (100 * 80 + 60 * 60 + 40 * 60) / 200**2 = 0.35
    assert agreement.cohen_kappa(paired(JUDGES), 0, 1) == pytest.approx((0.29 - 0.35) / 0.65)


def test_cohens_kappa_looks_only_at_tasks_both_answered() -> None:
    task, worker = np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 0, 1])
    label = np.array([0, 0, 1, 1, 0, 1])
    votes = VoteTable(task, worker, label, 4, 3, 2)
    assert agreement.cohen_kappa(votes, 0, 1) == 1.0
    assert agreement.cohen_kappa(votes, 0, 2) is None


def test_ac1_by_hand() -> None:
    # of 125 tasks both say yes to 118 and no to none: the same in 0.944, and 0.972 of all votes are yes
    votes = paired(((118, 5), (2, 0)))
    chance = 2 * 0.972 * 0.028
    assert agreement.gwet_ac1(votes) == pytest.approx((0.944 - chance) / (1 - chance))
    kappa = agreement.cohen_kappa(votes, 0, 1)
    assert kappa is not None
    assert kappa < 0 < 0.9 < (agreement.gwet_ac1(votes) or 0)  # the prevalence paradox


def test_unequal_numbers_of_votes_count_each_task_once() -> None:
    votes = counted([[4, 0], [1, 1], [0, 2], [1, 0]])
    assert agreement.percent_agreement(votes) == pytest.approx((1 + 0 + 1) / 3)
    share = (1 + 0.5 + 0) / 3
    chance = share**2 + (1 - share) ** 2
    assert agreement.fleiss_kappa(votes) == pytest.approx((2 / 3 - chance) / (1 - chance))


def test_interval_alpha_takes_the_numbers_behind_the_labels() -> None:
    votes = counted([[2, 0, 0], [0, 1, 1], [0, 0, 2]])
    near = krippendorff_alpha(votes, Scale.INTERVAL, [0.0, 9.0, 10.0])
    far = krippendorff_alpha(votes, Scale.INTERVAL, [0.0, 1.0, 10.0])
    assert near is not None
    assert far is not None
    assert near > 0.9 > far
    moved = krippendorff_alpha(votes, Scale.INTERVAL, [1e6, 1e6 + 9, 1e6 + 10])
    assert moved == pytest.approx(near, abs=1e-6)
    with pytest.raises(ValueError, match="values"):
        krippendorff_alpha(votes, Scale.INTERVAL, [1.0])


def test_neighbours_count_as_nearly_agreed_where_labels_are_in_order() -> None:
    made = crowd(np.random.default_rng(0), 500, 20, 5, makeup=Makeup(accuracy=0.6, ordinal=True)).votes
    nominal, ordinal = (krippendorff_alpha(made, scale) for scale in (Scale.NOMINAL, Scale.ORDINAL))
    assert nominal is not None
    assert ordinal is not None
    assert ordinal > nominal + 0.2


VALUES: tuple[Callable[[VoteTable], float | None], ...] = (
    krippendorff_alpha,
    lambda votes: krippendorff_alpha(votes, Scale.ORDINAL),
    lambda votes: krippendorff_alpha(votes, Scale.INTERVAL),
    agreement.fleiss_kappa,
    agreement.gwet_ac1,
    agreement.percent_agreement,
)
MEASURES: tuple[Callable[[VoteTable], Measure], ...] = (
    agreement.alpha,
    lambda votes: agreement.alpha(votes, Scale.ORDINAL),
    lambda votes: agreement.alpha(votes, Scale.INTERVAL),
    agreement.fleiss,
    agreement.ac1,
    agreement.percent,
    lambda votes: agreement.cohen(votes, 0, 1),
)


def test_it_is_one_for_perfect_agreement() -> None:
    task, worker = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    votes = VoteTable(task, worker, np.array([0, 0, 1, 1]), 2, 2, 2)
    assert [value(votes) for value in VALUES] == pytest.approx([1.0] * len(VALUES))


def test_alpha_is_below_nought_for_systematic_disagreement() -> None:
    task, worker = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    against = krippendorff_alpha(VoteTable(task, worker, np.array([0, 1, 0, 1]), 2, 2, 2))
    assert against is not None
    assert against < 0


def test_it_says_nothing_where_nothing_can_be_said() -> None:
    alone = VoteTable(np.array([0, 1]), np.array([0, 0]), np.array([0, 1]), 2, 1, 2)
    assert [value(alone) for value in VALUES] == [None] * len(VALUES)
    same = VoteTable(np.array([0, 0]), np.array([0, 1]), np.array([1, 1]), 1, 2, 2)
    assert krippendorff_alpha(same) is agreement.fleiss_kappa(same) is None
    assert agreement.percent_agreement(same) == 1.0


@settings(deadline=None)
@given(vote_tables())
def test_it_never_exceeds_one(votes: VoteTable) -> None:
    values = [value(votes) for value in VALUES]
    assert all(value is None or value <= 1.0 + 1e-12 for value in values)


@settings(deadline=None)
@given(vote_tables(least=1), st.data())
def test_names_of_tasks_and_the_order_of_votes_change_nothing(votes: VoteTable, data: st.DataObject) -> None:
    order = np.array(data.draw(st.permutations(range(votes.n_votes))), dtype=np.int64)
    names = np.array(data.draw(st.permutations(range(votes.n_tasks))), dtype=np.int64)
    renamed = VoteTable(
        names[votes.task[order]],
        votes.worker[order],
        votes.label[order],
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )
    for value in VALUES:
        before, after = value(votes), value(renamed)
        assert after == (None if before is None else pytest.approx(before, abs=1e-9))


@settings(deadline=None)
@given(vote_tables(least=1))
def test_a_task_drawn_twice_counts_as_two_tasks(votes: VoteTable) -> None:
    doubled = VoteTable(
        np.concatenate([votes.task, votes.task + votes.n_tasks]),
        np.tile(votes.worker, 2),
        np.tile(votes.label, 2),
        2 * votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )
    for coefficient in (agreement.alpha, MEASURES[1], agreement.fleiss, agreement.ac1):
        single, twice = coefficient(votes), coefficient(doubled)
        if single.n_tasks:
            weighted = single.of(np.full((1, single.n_tasks), 2.0))
            whole = twice.of(np.ones((1, twice.n_tasks)))
            assert weighted == pytest.approx(whole, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("coefficient", MEASURES)
def test_an_interval_holds_its_value_and_narrows_with_more_tasks(
    coefficient: Callable[[VoteTable], Measure],
) -> None:
    widths = []
    for n_tasks in (100, 1600):
        votes = crowd(np.random.default_rng(1), n_tasks, 6, 3, class_shares=skewed(3, 3.0)).votes
        found = interval(coefficient(votes), np.random.default_rng(2))
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_intervals_hold_the_value_of_all_tasks_as_often_as_they_say() -> None:
    everything = crowd(np.random.default_rng(3), 20_000, 12, 3, answers_per_task=4).votes
    whole = krippendorff_alpha(everything)
    assert whole is not None
    rng, held = np.random.default_rng(4), 0
    for _ in range(100):
        chosen = np.isin(everything.task, rng.choice(20_000, 100, replace=False))
        some = VoteTable(
            everything.task[chosen], everything.worker[chosen], everything.label[chosen], 20_000, 12, 3
        )
        found = interval(agreement.alpha(some), rng)
        held += found.low is not None and found.high is not None and found.low <= whole <= found.high
    assert held >= 87


def test_the_same_seed_gives_the_same_interval() -> None:
    one, other = (interval(agreement.alpha(published()), np.random.default_rng(9)) for _ in range(2))
    assert one == other


def test_it_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="two workers"):
        agreement.cohen_kappa(published(), 1, 1)
    with pytest.raises(ValueError, match="resamples"):
        interval(agreement.alpha(published()), np.random.default_rng(0), resamples=0)
