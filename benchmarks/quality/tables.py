"""The figures as tables, and all of them in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.quality.accuracy import PEERS, Accuracy
from benchmarks.quality.collusion import Beset
from benchmarks.quality.promises import TARGETS, Cost, Honesty
from benchmarks.quality.saving import Saving

Found = Mapping[str, Sequence[Any]]
#: a crowd falls short in a run when its settled labels are this far under the target
SHORT = 0.03


def show(found: Found) -> None:
    """Print a table per part."""
    printers: dict[str, Callable[[Any], None]] = {
        "accuracy": _accuracy,
        "saving": _saving,
        "cost": _cost,
        "honesty": _honesty,
        "collusion": _collusion,
    }
    for part, rows in found.items():
        printers[part](rows)


def summary(found: Found) -> str:
    """Means, savings, cost ratios and calibration in one line."""
    parts = []
    if rows := found.get("accuracy"):
        peer = mean_of(row.peers["DawidSkene"] for row in rows)
        gold_peer = mean_of(row.peers_gold["DawidSkene"] for row in rows)
        parts.append(f"accuracy {_percent(mean_of(row.ours for row in rows))} (DawidSkene {_percent(peer)})")
        ours = mean_of(row.ours_gold for row in rows)
        parts.append(f"with gold {_percent(ours)} (DawidSkene {_percent(gold_peer)})")
        parts.append(f"ECE {mean_of(row.calibration_error for row in rows):.3f}")
    for overlap in sorted({row.overlap for row in found.get("saving", ())}):
        rows = [row for row in found["saving"] if row.overlap == overlap]
        ours, choosing, toloka = (
            ratio_of(row.ratio(getattr(row, name)) for row in rows) for name in ("ours", "choosing", "toloka")
        )
        parts.append(
            f"k={overlap}: as they come {ours:.2f}x, choosing {choosing:.2f}x (Toloka's rule {toloka:.2f}x)"
        )
    for target in TARGETS if "cost" in found else ():
        rows = [row for row in found["cost"] if row.target == target]
        parts.append(
            f"to {target:.0%}: as they come {_cheaper(rows, 'ours')}; choosing {_cheaper(rows, 'choosing')}"
        )
    if rows := found.get("honesty"):
        worst = max(
            mean_of(np.mean(row.shortfalls) for row in rows if row.target == t and row.shortfalls)
            for t in TARGETS
        )
        parts.append(f"calibration shortfall {100 * worst:+.1f} points")
    if rows := found.get("collusion"):
        lost = max(row.without_ring - row.heard for row in rows)
        parts.append(f"a ring costs at most {100 * lost:.1f} points")
    return "summary: " + "; ".join(parts)


def _cheaper(rows: Sequence[Cost], name: str) -> str:
    """How many times cheaper than its peers the way of asking called `name` is."""
    fixed, toloka = (
        ratio_of(getattr(row, peer)[0] / getattr(row, name)[0] for row in rows)
        for peer in ("fixed", "toloka")
    )
    return f"{fixed:.2f}x cheaper than fixed, {toloka:.2f}x than Toloka's rule"


def mean_of(values: Iterable[Any]) -> float:
    """Mean of those that are there."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def ratio_of(values: Iterable[float | None]) -> float:
    """Geometric mean of those that are there."""
    return float(np.exp(mean_of(np.log(value) for value in values if value)))


def _accuracy(rows: Sequence[Accuracy]) -> None:
    print("\naccuracy, all answers, no gold; then with 10 % gold, on the other tasks (%)")
    print(
        f"{'crowd':12}{'ours':>7}" + "".join(f"{name[:9]:>10}" for name in PEERS) + f"{'|  ours':>9}"
        f"{'DawidSk':>9}{'best':>7}{'ECE':>7}{'>=95':>7}{'share':>7}"
    )
    for row in rows:
        known = [value for value in row.peers_gold.values() if value is not None]
        print(
            f"{row.crowd:12}{_percent(row.ours):>7}"
            + "".join(f"{_percent(row.peers[name]):>10}" for name in PEERS)
            + f"{_percent(row.ours_gold):>9}{_percent(row.peers_gold['DawidSkene']):>9}"
            + f"{_percent(max(known, default=None)):>7}{row.calibration_error:7.3f}"
            + f"{_percent(row.sure_right):>7}{_percent(row.sure_share):>7}"
        )
    means = "".join(f"{_percent(mean_of(row.peers[name] for row in rows)):>10}" for name in PEERS)
    print(
        f"{'mean':12}{_percent(mean_of(row.ours for row in rows)):>7}{means}"
        f"{_percent(mean_of(row.ours_gold for row in rows)):>9}"
        f"{_percent(mean_of(row.peers_gold['DawidSkene'] for row in rows)):>9}"
    )


def _saving(rows: Sequence[Saving]) -> None:
    print(
        "\nanswers per task as accurate as a fixed overlap k, and how many times fewer (choosing whom to ask)"
    )
    print(f"{'crowd':12}{'k':>4}{'vote %':>8}{'Toloka':>14}{'ours':>14}{'choosing':>14}")
    for row in rows:
        cells = "".join(
            f"{'never':>14}" if answers is None else f"{answers:8.2f}{row.overlap / answers:5.2f}x"
            for answers in (row.toloka, row.ours, row.choosing)
        )
        print(f"{row.crowd:12}{row.overlap:4}{_percent(row.vote_accuracy):>8}{cells}")


def _cost(rows: Sequence[Cost]) -> None:
    print("\ncost per task in answers (an expert 10) and accuracy of all labels, all chosen on gold")
    print(f"{'crowd':12}{'target':>7}{'fixed':>14}{'Toloka':>14}{'ours':>14}{'choosing':>14}")
    for row in rows:
        cells = "".join(
            f"{cost:8.2f}{100 * accuracy:6.1f}"
            for cost, accuracy in (row.fixed, row.toloka, row.ours, row.choosing)
        )
        print(f"{row.crowd:12}{row.target:7.0%}{cells}")


def _honesty(rows: Sequence[Honesty]) -> None:
    print("\nlabels settled by the crowd alone: share, how right (%), runs short by more than 3 points")
    print(f"{'crowd':12}{'target':>7}{'settled':>9}{'right':>7}{'short':>12}")
    for row in rows:
        short = sum(found > SHORT for found in row.shortfalls)
        right = row.target - float(np.mean(row.shortfalls)) if row.shortfalls else None
        print(
            f"{row.crowd:12}{row.target:7.0%}{_percent(mean_of(row.settled)):>9}{_percent(right):>7}"
            f"{short:5} of {len(row.shortfalls)}"
        )


def _collusion(rows: Sequence[Beset]) -> None:
    print("\naccuracy (%) beset by a ring of so many copied answers per honest one, 5 % gold")
    print(f"{'crowd':12}{'volume':>7}{'no ring':>9}{'heard':>8}{'unheard':>9}")
    for row in rows:
        print(
            f"{row.crowd:12}{row.volume:7.1f}{_percent(row.without_ring):>9}{_percent(row.heard):>8}"
            f"{_percent(row.unheard):>9}"
        )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
