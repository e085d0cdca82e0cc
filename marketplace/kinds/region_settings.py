"""The settings shared by the kinds whose answers are regions of an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.kinds.kind import Json, Problem
from marketplace.kinds.numbers import read_number
from marketplace.kinds.options import (
    Option,
    describe_options,
    read_column,
    read_count,
    read_options,
    read_required,
)

#: what a share asked of a gold answer may be
SHARES = (0.01, 1.0)
MOST_LABELS, MOST_REGIONS = 200, 500
KEYS = ("column", "labels", "required_labels", "min", "max", "gold_match", "gold_f1")


@dataclass(frozen=True)
class RegionSettings:
    """What regions may be called, how many there may be, and when they pass against a known answer."""

    #: 1 to 200, in the order shown
    labels: tuple[Option, ...]
    #: values of the labels of which every answer must have at least one region
    required: tuple[str, ...] = ()
    min: int = 0
    max: int = 100
    #: a known region counts as found from this likeness on: IoU, for keypoints OKS
    gold_match: float = 0.5
    #: an answer passes when its regions and the known ones match to this F1
    gold_f1: float = 0.7
    #: of the row; holds the image's address. Empty: the first column that is shown as an image
    column: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The labels' values in order."""
        return tuple(label.value for label in self.labels)


def read_settings(
    config: Mapping[str, object], problems: list[Problem], *, most_labels: int = MOST_LABELS
) -> RegionSettings:
    """The shared settings from JSON; what is wrong goes to `problems`. Other keys are left alone."""
    labels = read_options(config.get("labels"), problems, "labels", (1, most_labels))
    values = [label.value for label in labels]
    least = read_count(config, "min", RegionSettings.min, (0, MOST_REGIONS), problems)
    most = read_count(config, "max", max(RegionSettings.max, least), (1, MOST_REGIONS), problems)
    if least > most:
        problems.append(Problem("min", "min_above_max", "“min” must not be above “max”."))
    required = read_required(config, values, problems)
    if len(required) > most:
        message = "More labels are required than “max”."
        problems.append(Problem("required_labels", "required_above_max", message))
    return RegionSettings(
        labels=labels,
        required=required,
        min=least,
        max=most,
        gold_match=read_number(config, "gold_match", RegionSettings.gold_match, SHARES, problems),
        gold_f1=read_number(config, "gold_f1", RegionSettings.gold_f1, SHARES, problems),
        column=read_column(config, "column", problems, default=""),
    )


def describe_settings(settings: RegionSettings) -> dict[str, Json]:
    """The shared settings as full JSON."""
    return {
        "labels": describe_options(settings.labels),
        "required_labels": list(settings.required),
        "min": settings.min,
        "max": settings.max,
        "gold_match": settings.gold_match,
        "gold_f1": settings.gold_f1,
        "column": settings.column,
    }
