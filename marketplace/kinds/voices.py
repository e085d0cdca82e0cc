"""Whose answers are heard when answers are merged, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from marketplace.kinds.kind import Json
from marketplace.kinds.regions import Frame, fingerprint, frame_of

#: who is right half of the time tells nothing about whether a thing is there
CHANCE = 0.5


class Voice(NamedTuple):
    """An answer that is heard, and how often who gave it is right, 0..1."""

    answer: Json
    weight: float


def heard(answers: Sequence[Json], weights: Sequence[float]) -> list[Voice]:
    """Answers that count, the heaviest first, equal weights by what they say: never by who came first.

    A weight at or below chance does not count. When none is above, all above zero count alike, and tell
    nothing about how sure one can be; when none is above zero, all. Answers about an image of another size
    than most of the weight has cannot be compared, and do not count. ValueError without answers or when the
    lengths differ.
    """
    if not answers:
        raise ValueError("nothing to merge")
    pairs = list(zip(answers, weights, strict=True))
    voices = [Voice(answer, weight) for answer, weight in pairs if weight > CHANCE]
    if not voices:
        voices = [Voice(answer, CHANCE) for answer, weight in pairs if weight > 0]
    if not voices:
        voices = [Voice(answer, CHANCE) for answer, _ in pairs]
    # Sorted before any sum, so that rounding does not depend on who answered first.
    voices.sort(key=lambda voice: (-voice.weight, fingerprint(voice.answer)))
    backing: dict[Frame, float] = defaultdict(float)
    for voice in voices:
        backing[frame_of(voice.answer)] += voice.weight
    frame = max(backing, key=lambda frame: (round(backing[frame], 9), frame))
    return [voice for voice in voices if frame_of(voice.answer) == frame]
