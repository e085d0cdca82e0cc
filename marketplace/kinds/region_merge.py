"""One answer made of several whose answers are regions of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from marketplace.kinds import coin
from marketplace.kinds.clusters import Member, clusters
from marketplace.kinds.kind import AnswerInvalid, Json, Merged
from marketplace.kinds.matching import agree
from marketplace.kinds.region_answers import canonical_answer, place
from marketplace.kinds.region_settings import RegionSettings
from marketplace.kinds.regions import (
    Region,
    Shape,
    fingerprint,
    frame_of,
    regions_of,
)
from marketplace.kinds.voices import Voice, heard
from marketplace.kinds.weights import alike_if_none, log_odds


class Found(NamedTuple):
    """A thing some workers marked."""

    region: Region
    members: tuple[Member, ...]
    #: probability that it is there, and that its label is right if it is
    presence: float
    naming: float
    #: share of the voices that marked it, each counted as one
    share: float

    @property
    def wanted(self) -> bool:
        """Whether it is there: more likely than not, on a tie when half of the workers marked it."""
        return (round(self.presence, 9), round(self.share, 9)) >= (0.5, 0.5)

    @property
    def rank(self) -> tuple[float, float, str]:
        """Greatest for what is most surely there; depends on nothing but what was marked."""
        return round(self.presence, 9), round(self.share, 9), fingerprint(self.region)


def merge(
    settings: RegionSettings, shape: Shape, answers: Sequence[Json], weights: Sequence[float]
) -> Merged:
    """Each thing marked is its own yes or no, then its label, under the one-coin model; then its geometry.

    Things are groups of regions of different workers (`clusters`); who is heard says `voices`. A thing stays
    when it is there more likely than not; on a tie when half of the workers marked it. Its geometry is the
    shape's own middle of its members, or the member most like all others where that makes no valid region.
    Where the settings want more regions, fewer, or a label that is missing, the most probable ones are added
    and the least probable ones dropped; where even that fails, the whole is the answer most like the others.

    `parts` holds, as `regions.0` and so on, how sure that thing is: the less sure of its two decisions, that
    it is there and what it is called. `confidence` is the least sure decision of all, what was dropped and
    "nothing else is there" among them. So one answer alone gets its worker's accuracy; of many the whole is
    at most that sure and may be less, and how tight the geometry is no vote can tell.
    """
    voices = heard(answers, weights)
    found = [_found(settings, shape, voices, members) for members in clusters(shape, voices)]
    found.sort(key=lambda thing: thing.rank, reverse=True)
    chosen = _chosen(settings, found)
    value = _as_answer(settings, shape, voices[0], [thing.region for thing in chosen])
    if value is None:
        value = _most_central(shape, voices)
        chosen = _behind(found, voices, value)
    sure = {fingerprint(thing.region): min(thing.presence, thing.naming) for thing in chosen}
    parts = {f"regions.{i}": sure.get(fingerprint(each), 0.0) for i, each in enumerate(regions_of(value))}
    there = {thing.members for thing in chosen}
    dropped = [1.0 - thing.presence for thing in found if thing.members not in there]
    nothing_else = coin.among([0] * len(voices), [voice.weight for voice in voices], 2)[0]
    return Merged(value, min(*parts.values(), *dropped, nothing_else, 1.0), parts)


def _found(
    settings: RegionSettings, shape: Shape, voices: Sequence[Voice], members: Sequence[Member]
) -> Found:
    regions = [regions_of(voices[voice].answer)[region] for voice, region in members]
    weights = [voices[voice].weight for voice, _ in members]
    marked = {voice for voice, _ in members}
    votes = [int(voice in marked) for voice in range(len(voices))]
    presence = coin.among(votes, [voice.weight for voice in voices], 2)[1]
    codes = [settings.values.index(str(region["label"])) for region in regions]
    naming = coin.among(codes, weights, len(settings.values))
    label = max(range(len(naming)), key=lambda code: (round(naming[code], 9), codes.count(code), -code))
    geometry = _geometry(shape, voices, regions, weights)
    region: Region = {"label": settings.values[label], **geometry}
    return Found(region, tuple(members), presence, naming[label], len(members) / len(voices))


def _geometry(
    shape: Shape, voices: Sequence[Voice], regions: Sequence[Region], weights: Sequence[float]
) -> Region:
    """The middle of the regions, or the one most like all others."""
    bare: list[Region] = [{key: each[key] for key in each if key != "label"} for each in regions]
    if all(each == bare[0] for each in bare):
        return bare[0]
    frame = frame_of(voices[0].answer)
    pulls = alike_if_none([log_odds(weight) for weight in weights])
    merged = shape.merged(bare, pulls, frame)
    if merged is not None:
        try:
            return shape.read(merged, frame, "")
        except AnswerInvalid:
            pass
    alike = shape.likeness(bare, bare, frame) @ pulls
    return bare[max(range(len(bare)), key=lambda i: (round(float(alike[i]), 9), fingerprint(bare[i])))]


def _chosen(settings: RegionSettings, found: Sequence[Found]) -> list[Found]:
    """What is there, as near as the settings allow; `found` is ranked."""
    distinct: dict[str, Found] = {}
    for thing in found:
        distinct.setdefault(fingerprint(thing.region), thing)
    ranked = list(distinct.values())
    least = max(sum(thing.wanted for thing in ranked), settings.min)
    chosen = ranked[: min(least, settings.max)]
    for label in settings.required:
        if not any(thing.region["label"] == label for thing in chosen):
            chosen += [thing for thing in ranked if thing.region["label"] == label][:1]
    for thing in reversed(chosen[:]):
        needed = thing.region["label"] in settings.required
        alone = sum(other.region["label"] == thing.region["label"] for other in chosen) == 1
        if len(chosen) > settings.max and not (needed and alone):
            chosen.remove(thing)
    return chosen


def _as_answer(
    settings: RegionSettings, shape: Shape, voice: Voice, regions: Sequence[Region]
) -> Json | None:
    frame = frame_of(voice.answer)
    ordered = sorted(regions, key=lambda region: place(settings, region))
    value: Json = {"width": frame.width, "height": frame.height, "regions": list[Json](ordered)}
    try:
        return canonical_answer(settings, shape, value)
    except AnswerInvalid:
        return None


def _most_central(shape: Shape, voices: Sequence[Voice]) -> Json:
    def likeness(voice: Voice) -> float:
        return sum(other.weight * agree(shape, voice.answer, other.answer) for other in voices)

    # the heaviest comes first
    return max(voices, key=lambda voice: round(likeness(voice), 9)).answer


def _behind(found: Sequence[Found], voices: Sequence[Voice], value: Json) -> list[Found]:
    """The things the regions of one voice's answer belong to, with that voice's regions."""
    voice = next(i for i, each in enumerate(voices) if each.answer == value)
    regions = regions_of(value)
    return [
        thing._replace(region=regions[member.region])
        for thing in found
        for member in thing.members
        if member.voice == voice
    ]
