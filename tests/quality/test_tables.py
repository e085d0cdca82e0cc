"""benchmarks.quality.tables.summary: what the one line says."""

from __future__ import annotations

from benchmarks.quality.promises import Cost
from benchmarks.quality.tables import summary


def test_it_says_which_figures_are_for_answers_as_they_come_and_which_for_chosen_workers() -> None:
    cost = Cost("crowd", 0.9, fixed=(8.0, 0.9), toloka=(6.0, 0.9), ours=(4.0, 0.9), choosing=(2.0, 0.9))
    assert (
        "to 90%: as they come 2.00x cheaper than fixed, 1.50x than Toloka's rule; "
        "choosing 4.00x cheaper than fixed, 3.00x than Toloka's rule"
    ) in summary({"cost": [cost]})
