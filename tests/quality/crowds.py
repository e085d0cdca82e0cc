"""Random votes for laws that must hold whatever the votes are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from tasks.quality.truth.prior import Prior
from tasks.quality.votes import IntArray, VoteTable


@st.composite
def vote_tables(draw: st.DrawFn, *, least: int = 0) -> VoteTable:
    """Small tables, with empty tasks, idle workers and repeated votes."""
    n_tasks, n_workers, n_labels = (draw(st.integers(*bounds)) for bounds in ((1, 8), (1, 5), (2, 4)))
    vote = st.tuples(st.integers(0, n_tasks - 1), st.integers(0, n_workers - 1), st.integers(0, n_labels - 1))
    rows = np.array(draw(st.lists(vote, min_size=least, max_size=40)), dtype=np.int64).reshape(-1, 3)
    return VoteTable(rows[:, 0], rows[:, 1], rows[:, 2], n_tasks, n_workers, n_labels)


@st.composite
def gold_for(draw: st.DrawFn, votes: VoteTable) -> IntArray:
    """A known truth for some of the tasks."""
    labels = st.integers(-1, votes.n_labels - 1)
    return np.array(draw(st.lists(labels, min_size=votes.n_tasks, max_size=votes.n_tasks)))


def priors() -> st.SearchStrategy[Prior]:
    """Any sane prior."""
    strength, share = st.floats(0.05, 5.0), st.floats(0.0, 0.95)
    return st.builds(Prior, strength, strength, share, share, share, share)


def votes_of(
    task: Sequence[int],
    worker: Sequence[int],
    label: Sequence[int],
    n_tasks: int,
    n_workers: int,
    n_labels: int,
) -> VoteTable:
    """A table written out by hand."""
    one, two, three = (np.array(column, dtype=np.int64) for column in (task, worker, label))
    return VoteTable(one, two, three, n_tasks, n_workers, n_labels)
