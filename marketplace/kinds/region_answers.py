"""How regions of an image are read from an answer, and the one form and order in which they are stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.kinds.kind import AnswerInvalid, Json, Problem
from marketplace.kinds.options import as_value
from marketplace.kinds.region_settings import RegionSettings
from marketplace.kinds.regions import HUGE, Frame, Region, Shape, fingerprint

MOST_SIDE, MOST_PIXELS = 100_000, 250_000_000
#: nobody reads more, and a hostile answer must not make thousands
MOST_PROBLEMS = 20
#: characters of all regions together as they are stored: about 50,000 points
MOST_STORED = 1_000_000
LONGEST_ID = 100


@dataclass
class _Seen:
    """What the regions read so far forbid those after them."""

    regions: list[Region] = field(default_factory=list)
    ids: set[str | int] = field(default_factory=set)
    prints: set[str] = field(default_factory=set)
    stored: int = 0

    def add(self, shape: Shape, region: Region, where: str) -> None:
        """AnswerInvalid when the region is there already, or one too many for its label or for the store."""
        if shape.one_per_label and any(region["label"] == other["label"] for other in self.regions):
            message = "This label has a region already."
            raise AnswerInvalid(Problem(f"{where}.label", "label_twice", message))
        print_ = fingerprint(region)
        if print_ in self.prints:
            raise AnswerInvalid(Problem(where, "region_twice", "The same region is there twice."))
        self.prints.add(print_)
        self.regions.append(region)
        self.stored += len(print_)
        if self.stored > MOST_STORED:
            message = f"The regions take more than {MOST_STORED} characters."
            raise AnswerInvalid(Problem(where, "answer_too_large", message))


def canonical_answer(settings: RegionSettings, shape: Shape, answer: object) -> Json:
    """`{"width", "height", "regions"}`: regions without ids, rounded, in the order of `place`.

    AnswerInvalid lists what is wrong, at most 20 things, each with a path such as `regions.3.x`.
    """
    if not isinstance(answer, Mapping):
        raise AnswerInvalid(Problem("", "not_an_object", "Give the image's width, height and regions."))
    problems = [
        Problem(str(key)[:LONGEST_ID], "key_unknown", "An answer has width, height and regions.")
        for key in list(answer)[:MOST_PROBLEMS]
        if key not in ("width", "height", "regions")
    ]
    frame = _read_frame(answer, problems)
    raw = answer.get("regions")
    if not isinstance(raw, list | tuple):
        problems.append(Problem("regions", "not_a_list", "Give a list of regions."))
    elif not settings.min <= len(raw) <= settings.max:
        few = len(raw) < settings.min
        message = f"Mark at least {settings.min}." if few else f"Mark at most {settings.max}."
        problems.append(Problem("regions", "too_few" if few else "too_many", message))
    if problems or frame is None or not isinstance(raw, list | tuple):
        raise AnswerInvalid(*problems)
    regions = _read_regions(settings, shape, raw, frame)
    return {"width": frame.width, "height": frame.height, "regions": list[Json](regions)}


def place(settings: RegionSettings, region: Region) -> tuple[int, str]:
    """Where a region stands among the others: labels in their order, then by geometry."""
    return settings.values.index(str(region["label"])), fingerprint(region)


def _read_frame(answer: Mapping[object, object], problems: list[Problem]) -> Frame | None:
    sides: list[int] = []
    for key in ("width", "height"):
        side = answer.get(key)
        if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= MOST_SIDE:
            message = f"Give the image's {key} in pixels, a whole number up to {MOST_SIDE}."
            problems.append(Problem(key, "image_size_invalid", message))
        else:
            sides.append(side)
    if len(sides) < 2:
        return None
    if math.prod(sides) > MOST_PIXELS:
        message = f"An image may have {MOST_PIXELS} pixels."
        problems.append(Problem("width", "image_too_large", message))
    return Frame(*sides)


def _read_regions(
    settings: RegionSettings, shape: Shape, raw: Sequence[object], frame: Frame
) -> list[Region]:
    problems: list[Problem] = []
    seen = _Seen()
    for i, item in enumerate(raw):
        where = f"regions.{i}"
        try:
            seen.add(shape, _read_region(settings, shape, item, frame, where, seen.ids), where)
        except AnswerInvalid as refusal:
            problems.extend(refusal.problems)
        if len(problems) >= MOST_PROBLEMS or seen.stored > MOST_STORED:
            break
    present = {region["label"] for region in seen.regions}
    missing = [value for value in settings.required if value not in present]
    if missing and not problems:
        message = f"Mark at least one of each: {', '.join(missing)}."
        problems.append(Problem("regions", "label_missing", message))
    if problems:
        raise AnswerInvalid(*problems[:MOST_PROBLEMS])
    return sorted(seen.regions, key=lambda region: place(settings, region))


def _read_region(
    settings: RegionSettings, shape: Shape, item: object, frame: Frame, where: str, ids: set[str | int]
) -> Region:
    if not isinstance(item, Mapping):
        raise AnswerInvalid(Problem(where, "not_an_object", "A region is an object."))
    unknown = next((key for key in item if key not in ("id", "label", *shape.keys)), None)
    if unknown is not None:
        message = f"A region has no key “{str(unknown)[:LONGEST_ID]}”."
        raise AnswerInvalid(Problem(where, "key_unknown", message))
    if "id" in item:
        _read_id(item["id"], f"{where}.id", ids)
    raw_label = item.get("label")
    label = as_value(raw_label) if isinstance(raw_label, str) or _is_whole(raw_label) else None
    if label is None or label not in settings.values:
        raise AnswerInvalid(Problem(f"{where}.label", "label_unknown", "Choose one of the labels."))
    return {"label": label, **shape.read(item, frame, where)}


def _read_id(raw: object, where: str, ids: set[str | int]) -> None:
    fits = len(raw) <= LONGEST_ID if isinstance(raw, str) else _is_whole(raw)
    if not fits or not isinstance(raw, str | int):
        message = f"An id is a text of at most {LONGEST_ID} characters or a whole number."
        raise AnswerInvalid(Problem(where, "id_invalid", message))
    if raw in ids:
        raise AnswerInvalid(Problem(where, "id_twice", "Two regions have this id."))
    ids.add(raw)


def _is_whole(raw: object) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool) and -HUGE < raw < HUGE
