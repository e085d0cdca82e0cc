"""How much workers agree beyond chance."""

from __future__ import annotations

import numpy as np

from tasks.quality.truth.majority import tally
from tasks.quality.votes import VoteTable


def krippendorff_alpha(votes: VoteTable) -> float | None:
    """Krippendorff's alpha for nominal labels: 1 perfect, 0 chance, below 0 systematic disagreement.

    ``1 - observed disagreement / expected disagreement`` over all pairs of votes on the same task; tasks with
    fewer than two votes do not count. None when nothing can be said: no such task, or only one label was ever
    used.

    Source: K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, section C.
    """
    tally_tl = tally(votes)
    n_t = tally_tl.sum(axis=1)
    tally_tl, n_t = tally_tl[n_t >= 2], n_t[n_t >= 2]
    total_l = tally_tl.sum(axis=0)
    total = float(total_l.sum())
    expected = total * total - float((total_l**2).sum())
    if expected == 0:
        return None
    pairs_apart = float(np.sum((n_t**2 - (tally_tl**2).sum(axis=1)) / (n_t - 1)))
    return 1.0 - (total - 1) * pairs_apart / expected
