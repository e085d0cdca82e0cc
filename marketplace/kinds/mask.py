"""Paint which pixels of an image are what: one mask for each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import matching, region_merge, region_settings
from marketplace.kinds.brushes import Brushes
from marketplace.kinds.kind import ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.options import refuse_unknown
from marketplace.kinds.region_answers import canonical_answer
from marketplace.kinds.region_settings import RegionSettings

#: each is held against each when answers are compared
MOST_LABELS = 50


@dataclass(frozen=True)
class Config:
    """What is marked."""

    regions: RegionSettings

    @property
    def shape(self) -> Brushes:
        """The geometry."""
        return Brushes()


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"labels": [...]}` and optional settings; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    regions = region_settings.read_settings(config, problems, most_labels=MOST_LABELS)
    refuse_unknown(config, region_settings.KEYS, problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(regions)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    return region_settings.describe_settings(config.regions)


def canonical(config: Config, answer: object) -> Json:
    """`{"width", "height", "regions": [{"label", "rle": {"size", "counts"}}]}`, the counts compressed.

    AnswerInvalid when it does not fit.
    """
    return canonical_answer(config.regions, config.shape, answer)


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the masks do not fit."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """Mean intersection over union of the masks matched (`matching.agree`)."""
    return matching.agree(config.shape, a, b)


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """Masks by weighted vote, each the pixels that half of the weight covers (`region_merge.merge`)."""
    return region_merge.merge(config.regions, config.shape, answers, weights)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed when masks and known ones match to an F1 of `gold_f1`."""
    return matching.grade(config.regions, config.shape, answer, gold)


def n_labels(config: Config) -> None:
    """Masks are not one class."""
    return


def label(config: Config, value: Json) -> None:
    """Masks are not one class."""
    return


def value_of(config: Config, label: int) -> Json:
    """Masks are not one class: LookupError."""
    raise LookupError("masks have no class code")
