"""One transcription made of several, word by word."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from marketplace.kinds import coin
from marketplace.kinds.distance import likeness
from marketplace.kinds.kind import Json, Merged
from marketplace.kinds.weights import alike_if_none, nearness

#: a table of all pairs of words is made; longer texts are not put together
MOST_WORDS = 1_000
WORD = re.compile(r"\n|[^\s]+")

#: one place of the result: which word each text has there, None where it has none
Slot = list[str | None]


def merge(pairs: Sequence[tuple[str, float]], *, ignore_case: bool) -> Merged | None:
    """The text made of the most probable word at each place; None when the texts are too long.

    All texts are aligned, one after the other, with the one most like all others, so that each place has a
    word or nothing of each text; a weight is the accuracy on one word, and the words at a place are weighed
    by the one-coin model (`coin.among_seen`). `parts` holds each word's probability under its place in the
    result, `confidence` the share of places that are right by expectation, empty ones counted.

    References
    ----------
    J. G. Fiscus, "A post-processing system to yield reduced word error rates: Recognizer output voting error
    reduction (ROVER)", IEEE Workshop on Automatic Speech Recognition and Understanding, 1997,
    doi:10.1109/ASRU.1997.659110.
    """
    texts = [WORD.findall(text) for text, _ in pairs]
    if max(len(words) for words in texts) > MOST_WORDS:
        return None
    forms = [[word.casefold() if ignore_case else word for word in words] for words in texts]
    pulls = alike_if_none([nearness(weight) for _, weight in pairs])
    order = _by_likeness(forms, pulls)
    slots: list[Slot] = [[word] for word in texts[order[0]]]
    for done, text in enumerate(order[1:], start=1):
        _add(slots, texts[text], done, ignore_case=ignore_case)
    weights = [pairs[text][1] for text in order]
    chosen = [_choose(slot, weights, ignore_case=ignore_case) for slot in slots]
    words = [(word, chance) for word, chance in chosen if word is not None]
    confidence = math.fsum(chance for _, chance in chosen) / len(chosen) if chosen else 1.0
    parts = {str(i): chance for i, (_, chance) in enumerate(words)}
    value: Json = _joined([word for word, _ in words])
    return Merged(value, min(confidence, 1.0), parts)


def _by_likeness(forms: Sequence[Sequence[str]], pulls: Sequence[float]) -> list[int]:
    """The texts' places, the one most like all others first."""
    likes = [
        math.fsum(pull * likeness(form, other) for other, pull in zip(forms, pulls, strict=True))
        for form in forms
    ]
    return sorted(range(len(forms)), key=lambda i: (-round(likes[i], 9), i))


def _add(slots: list[Slot], words: Sequence[str], done: int, *, ignore_case: bool) -> None:
    """Align a text with the places so far and enter its words; `done` texts were entered before."""
    said = [{_form(word, ignore_case) for word in slot if word is not None} for slot in slots]
    steps = _alignment(said, [_form(word, ignore_case) for word in words], [None in slot for slot in slots])
    entered: list[Slot] = []
    for place, word in steps:
        slot: Slot = [None] * done if place is None else slots[place]
        entered.append([*slot, None if word is None else words[word]])
    slots[:] = entered


def _alignment(
    said: Sequence[set[str]], words: Sequence[str], may_skip: Sequence[bool]
) -> list[tuple[int | None, int | None]]:
    """(place, word) pairs in order, None for a place left empty or a word that begins a place of its own.

    The cheapest: a word at a place where nobody said it, a place left empty and a new place cost 1 each;
    leaving a place empty that somebody else left empty costs nothing.
    """
    n, m = len(said), len(words)
    codes = {word: i for i, word in enumerate(dict.fromkeys(words))}
    word_codes = np.array([codes[word] for word in words], dtype=np.int64)
    cost: npt.NDArray[np.int32] = np.empty((n + 1, m + 1), dtype=np.int32)
    across = np.arange(m + 1, dtype=np.int32)
    cost[0] = across
    for i in range(n):
        heard_here = np.zeros(len(codes), dtype=np.bool_)
        heard_here[[codes[word] for word in said[i] if word in codes]] = True
        row = cost[i] + (not may_skip[i])
        row[1:] = np.minimum(row[1:], cost[i, :-1] + ~heard_here[word_codes])
        # A new place costs 1 more than the cell before: a running minimum once that is taken off.
        cost[i + 1] = np.minimum.accumulate(row - across) + across
    return _trace(cost, said, words, may_skip)


def _trace(
    cost: npt.NDArray[np.int32], said: Sequence[set[str]], words: Sequence[str], may_skip: Sequence[bool]
) -> list[tuple[int | None, int | None]]:
    """Back through the table from its end."""
    steps: list[tuple[int | None, int | None]] = []
    i, j = len(said), len(words)
    while i or j:
        here = cost[i, j]
        if i and j and here == cost[i - 1, j - 1] + (words[j - 1] not in said[i - 1]):
            i, j = i - 1, j - 1
            steps.append((i, j))
        elif i and here == cost[i - 1, j] + (not may_skip[i - 1]):
            i -= 1
            steps.append((i, None))
        else:
            j -= 1
            steps.append((None, j))
    return steps[::-1]


def _choose(slot: Slot, weights: Sequence[float], *, ignore_case: bool) -> tuple[str | None, float]:
    """The most probable word at a place, in the spelling most of the weight gave it, and its probability."""
    forms = [None if word is None else _form(word, ignore_case) for word in slot]
    post = coin.among_seen(forms, weights)
    best = max(post, key=lambda form: (round(post[form], 12), forms.count(form), form or ""))
    if best is None:
        return None, post[best]
    backing: dict[str, float] = {}
    for word, form, weight in zip(slot, forms, weights, strict=True):
        if form == best and word is not None:
            backing[word] = backing.get(word, 0.0) + weight
    return max(backing, key=lambda word: (round(backing[word], 9), word)), post[best]


def _form(word: str, ignore_case: bool) -> str:
    return word.casefold() if ignore_case else word


def _joined(words: Sequence[str]) -> str:
    return " ".join(words).replace(" \n", "\n").replace("\n ", "\n").strip()
