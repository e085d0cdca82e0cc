"""What a fit says once more answers are there, by visiting only the tasks they are on: incremental EM."""

from __future__ import annotations

from dataclasses import replace

from tasks.quality.truth.hierarchy import Fitted, fit_over, told_by
from tasks.quality.truth.rounds import Model, Passes, Round, Statistics


class Joined:
    """Passes over some tasks, joined to what the rest of them counted and goes on counting."""

    def __init__(self, rest: Statistics, visited: Passes) -> None:
        self._rest, self._visited = rest, visited

    @property
    def n_votes(self) -> int:
        """How many votes one pass visits."""
        return self._visited.n_votes

    def begin(self, model: Model) -> Statistics:
        """See `Part.begin`."""
        return self._rest + self._visited.begin(model)

    def step(self, told: Round) -> Statistics:
        """See `Part.step`."""
        return self._rest + self._visited.step(told)


def catch_up(fitted: Fitted, before: Passes, now: Passes) -> Fitted:
    """Go on with a fit after more answers.

    What the tasks that got some told of the workers is taken out of the counts, and what they tell with all
    their answers is put in, until it rests; so the counts stay those of all tasks. A task without new answers
    keeps the posterior it had, where a fit of everything would move it a little. Nothing is remembered
    between two calls: the next one starts from the same fit, with more tasks to visit.

    Parameters
    ----------
    fitted
        A fit at rest, with a row for every worker there is now: noughts for who is new.
    before, now
        Passes over those tasks with the answers and known truths `fitted` saw, and with those of now.

    References
    ----------
    R. M. Neal, G. E. Hinton, "A view of the EM algorithm that justifies incremental, sparse, and other
    variants", 1998, doi:10.1007/978-94-011-5014-9_12.
    """
    whole = Statistics(fitted.counts_wkl, fitted.class_k, float(fitted.class_k.sum()), 0.0)
    # At rest, posteriors under the weights that follow from the counts are those that were counted.
    rest = (whole - before.step(told_by(fitted.model, whole))).not_below_zero()
    found = fit_over(Joined(rest, now), model=fitted.model, start=whole)
    return replace(found, converged=found.converged and fitted.converged)
