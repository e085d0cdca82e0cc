"""Place the same named points on each instance of a thing on an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.kinds import matching, region_merge, region_settings
from marketplace.kinds.kind import ConfigInvalid, Grade, Json, Merged, Problem
from marketplace.kinds.numbers import as_number
from marketplace.kinds.options import (
    Option,
    as_value,
    describe_options,
    is_list,
    read_options,
    refuse_unknown,
)
from marketplace.kinds.poses import Poses
from marketplace.kinds.region_answers import canonical_answer
from marketplace.kinds.region_settings import RegionSettings

MOST_POINTS, MOST_EDGES = 100, 200
#: deviation of careful people as a share of the thing's size, where no other is known (CVAT's)
SIGMA = 0.09
SIGMAS = (0.001, 1.0)


@dataclass(frozen=True)
class Config:
    """What instances may be called, and which points each has."""

    regions: RegionSettings
    #: 1 to 100, in the order in which an answer gives them
    points: tuple[Option, ...]
    #: pairs of points joined by a line; only shown and exported
    skeleton: tuple[tuple[str, str], ...]
    #: per point, how far apart careful people place it, as a share of the thing's size
    sigmas: tuple[float, ...]

    @property
    def shape(self) -> Poses:
        """The geometry."""
        return Poses(self.sigmas)


def parse(config: Mapping[str, object]) -> Config:
    """Read `{"labels": [...], "points": [...]}` and options; ConfigInvalid lists all that is wrong."""
    problems: list[Problem] = []
    regions = region_settings.read_settings(config, problems)
    points = read_options(config.get("points"), problems, "points", (1, MOST_POINTS))
    names = [point.value for point in points]
    skeleton = _read_skeleton(config.get("skeleton", ()), names, problems)
    sigmas = _read_sigmas(config.get("sigmas"), names, problems)
    refuse_unknown(config, (*region_settings.KEYS, "points", "skeleton", "sigmas"), problems)
    if problems:
        raise ConfigInvalid(*problems)
    return Config(regions, points, skeleton, sigmas)


def describe(config: Config) -> dict[str, Json]:
    """The settings as full JSON."""
    names = [point.value for point in config.points]
    return {
        **region_settings.describe_settings(config.regions),
        "points": describe_options(config.points),
        "skeleton": [list(edge) for edge in config.skeleton],
        "sigmas": dict(zip(names, config.sigmas, strict=True)),
    }


def canonical(config: Config, answer: object) -> Json:
    """`{"width", "height", "regions": [{"label", "points": [[x, y, visibility], ...]}]}`.

    AnswerInvalid when it does not fit.
    """
    return canonical_answer(config.regions, config.shape, answer)


def validate(config: Config, answer: object) -> None:
    """AnswerInvalid when the points do not fit."""
    canonical(config, answer)


def agree(config: Config, a: Json, b: Json) -> float:
    """Mean object keypoint similarity of the instances matched (`matching.agree`, `Poses.likeness`)."""
    return matching.agree(config.shape, a, b)


def merge(config: Config, answers: Sequence[Json], weights: Sequence[float]) -> Merged:
    """Instances by weighted vote, each point with its weighted median (`region_merge.merge`)."""
    return region_merge.merge(config.regions, config.shape, answers, weights)


def grade(config: Config, answer: Json, gold: Json) -> Grade:
    """The score is the agreement; passed when instances and known ones match to an F1 of `gold_f1`."""
    return matching.grade(config.regions, config.shape, answer, gold)


def n_labels(config: Config) -> None:
    """Keypoints are not one class."""
    return


def label(config: Config, value: Json) -> None:
    """Keypoints are not one class."""
    return


def value_of(config: Config, label: int) -> Json:
    """Keypoints are not one class: LookupError."""
    raise LookupError("keypoints have no class code")


def _read_skeleton(raw: object, names: Sequence[str], problems: list[Problem]) -> tuple[tuple[str, str], ...]:
    if not is_list(raw) or len(raw) > MOST_EDGES:
        message = f"Give a list of at most {MOST_EDGES} pairs of points."
        problems.append(Problem("skeleton", "skeleton_invalid", message))
        return ()
    edges: list[tuple[str, str]] = []
    for i, item in enumerate(raw):
        ends = [as_value(end) for end in item] if is_list(item) else []
        known = [end for end in ends if end is not None and end in names]
        if len(ends) != 2 or len(set(known)) != 2:
            message = "A line joins two different points by their names."
            problems.append(Problem(f"skeleton.{i}", "edge_invalid", message))
        else:
            edges.append((known[0], known[1]))
    return tuple(edges)


def _read_sigmas(raw: object, names: Sequence[str], problems: list[Problem]) -> tuple[float, ...]:
    """One per point: a number for all, or an object from name to number; SIGMA where none is given."""
    if raw is None:
        return (SIGMA,) * len(names)
    given = raw if isinstance(raw, Mapping) else dict.fromkeys(names, raw)
    sigmas: list[float] = []
    for name in names:
        sigma = as_number(given.get(name, SIGMA))
        if sigma is None or not SIGMAS[0] <= sigma <= SIGMAS[1]:
            message = f"Give a number from {SIGMAS[0]:g} to {SIGMAS[1]:g}."
            problems.append(Problem("sigmas", "number_out_of_range", message))
            return ()
        sigmas.append(sigma)
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        problems.append(Problem("sigmas", "point_unknown", "A deviation is given for an unknown point."))
    return tuple(sigmas)
