"""Orders of a few items: how far two are apart, and the one nearest to many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: up to so many items the nearest order is found exactly: 2^10 sets, milliseconds
EXACT = 10
#: costs closer than this are the same: the rest is rounding
SAME = 1e-9

FloatArray = npt.NDArray[np.float64]


def inversions(a: Sequence[int], b: Sequence[int]) -> int:
    """How many pairs of items stand the other way round (Kendall's distance). Both hold the same items."""
    place = {item: i for i, item in enumerate(b)}
    places = np.array([place[item] for item in a])
    return int(np.triu(places[:, None] > places[None, :], 1).sum())


def preferences(given: Sequence[Sequence[int]], pulls: Sequence[float], n_items: int) -> FloatArray:
    """How much weight puts one item before another, shape (one, other)."""
    for_first = np.zeros((n_items, n_items))
    for order, pull in zip(given, pulls, strict=True):
        place = np.empty(n_items)
        place[list(order)] = np.arange(n_items)
        for_first += pull * (place[:, None] < place[None, :])
    return for_first


def kemeny(for_first: FloatArray) -> list[int]:
    """The order against whose pairs the least weight speaks; on a tie the nearer to Borda's, then to 0..n-1.

    Exact up to `EXACT` items by dynamic programming over the sets of items placed so far; beyond, Borda's
    order is bettered by moving one item at a time until no move helps, which puts every item before those it
    beats next to it. Source: J. G. Kemeny, "Mathematics without numbers", Daedalus 88, 1959; as the most
    likely order given noisy ones: H. P. Young, "Condorcet's theory of voting", American Political Science
    Review 82, 1988.
    """
    start = borda(for_first)
    against = for_first[np.ix_(start, start)].T  # [one, other]: what it costs to put one before the other
    found = _exact(against) if len(start) <= EXACT else _bettered(against)
    return [start[code] for code in found]


def borda(for_first: FloatArray) -> list[int]:
    """Items by the weight of all pairs they win, most first; ties in the order 0..n-1."""
    won = np.round(for_first.sum(axis=1) - for_first.sum(axis=0), 9)
    return [int(item) for item in np.argsort(-won, kind="stable")]


def _exact(against: FloatArray) -> list[int]:
    n = len(against)
    full = (1 << n) - 1
    # before[item][left]: what it costs to put the item before all of a set.
    before = np.zeros((n, full + 1))
    for other in range(n):
        before[:, 1 << other : 2 << other] = before[:, : 1 << other] + against[:, other, None]
    cost, first = [0.0] * (full + 1), [0] * (full + 1)
    table = before.tolist()
    for left in range(1, full + 1):
        best = float("inf")
        for item in range(n):
            if left >> item & 1:
                rest = left & ~(1 << item)
                here = table[item][rest] + cost[rest]
                if here < best - SAME:
                    best, first[left] = here, item
        cost[left] = best
    order, left = [], full
    while left:
        order.append(first[left])
        left &= ~(1 << first[left])
    return order


def _bettered(against: FloatArray) -> list[int]:
    order = list(range(len(against)))
    improved = True
    while improved:
        improved = False
        for item in range(len(against)):
            place = order.index(item)
            rest = [other for other in order if other != item]
            # costs[p]: all pairs with this item when it stands at place p.
            ahead = np.concatenate([[0.0], np.cumsum(against[rest, item])])
            behind = np.concatenate([[0.0], np.cumsum(against[item, rest][::-1])])[::-1]
            costs = ahead + behind
            best = int(costs.argmin())
            if costs[best] < costs[place] - SAME:
                order = [*rest[:best], item, *rest[best:]]
                improved = True
    return order
