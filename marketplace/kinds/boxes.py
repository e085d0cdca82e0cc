"""Draw boxes around things on an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import matching, region_merge, region_settings
from marketplace.kinds.kind import ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.options import read_flag, refuse_unknown
from marketplace.kinds.rectangles import Rectangles
from marketplace.kinds.region_answers import canonical_answer
from marketplace.kinds.region_settings import RegionSettings


@dataclass(frozen=True)
class Config:
    """What is marked, and whether boxes may be turned."""

    regions: RegionSettings
    rotated: bool = False

    @property
    def shape(self) -> Rectangles:
        """The geometry."""
        return Rectangles(self.rotated)


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"labels": [...]}` and optional settings; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    regions = region_settings.read_settings(config, problems)
    rotated = read_flag(config, "rotated", Config.rotated, problems)
    refuse_unknown(config, (*region_settings.KEYS, "rotated"), problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(regions, rotated)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return {**region_settings.describe_settings(config.regions), "rotated": config.rotated}


def canonical(config: Config, answer: object) -> Json:
    """`{"width", "height", "regions": [{"label", "x", "y", "width", "height"}]}`, with `rotation` if allowed.

    AnswerInvalid when it does not fit.
    """
    return canonical_answer(config.regions, config.shape, answer)


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the boxes do not fit."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """Mean intersection over union of the boxes matched (`matching.agree`)."""
    return matching.agree(config.shape, a, b)


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """Boxes by weighted vote, each with the weighted median of its edges (`region_merge.merge`)."""
    return region_merge.merge(config.regions, config.shape, answers, weights)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed when boxes and known ones match to an F1 of `gold_f1`."""
    return matching.grade(config.regions, config.shape, answer, gold)


def n_labels(config: Config) -> None:
    """Boxes are not one class."""
    return


def label(config: Config, value: Json) -> None:
    """Boxes are not one class."""
    return


def value_of(config: Config, label: int) -> Json:
    """Boxes are not one class: LookupError."""
    raise LookupError("boxes have no class code")
