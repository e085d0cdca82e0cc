"""Edit distance between two texts, or two lists of words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def edits(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Fewest insertions, deletions and replacements that turn `a` into `b` (Levenshtein).

    Of characters in texts, of words in lists of words.

    Bit-parallel: one column of the table is two integers of len(a) bits, so 2,000 characters take
    milliseconds. Source: H. Hyyro, "A bit-vector algorithm for computing Levenshtein and Damerau edit
    distances", 2003.
    """
    if not a or not b:
        return len(a) or len(b)
    places: dict[Hashable, int] = {}
    for i, char in enumerate(a):
        places[char] = places.get(char, 0) | 1 << i
    mask, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    up, down, distance = mask, 0, len(a)
    for char in b:
        here = places.get(char, 0)
        diagonal = (((here & up) + up) ^ up) | here | down
        right_up = down | (mask & ~(diagonal | up))
        right_down = up & diagonal
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = (right_up << 1 | 1) & mask
        right_down = right_down << 1 & mask
        up = right_down | (mask & ~(diagonal | right_up))
        down = right_up & diagonal
    return distance


def likeness(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """1 for equals down to 0 for two with nothing in common: 1 - edits / length of the longer."""
    longest = max(len(a), len(b))
    return 1.0 - edits(a, b) / longest if longest else 1.0


def central(texts: Sequence[str]) -> str:
    """The text most like all the others (the medoid); the first in the order given on a tie.

    ValueError without texts.
    """
    distinct = list(dict.fromkeys(texts))
    if len(distinct) == 1:
        return distinct[0]
    return max(distinct, key=lambda text: sum(likeness(text, other) for other in texts))
