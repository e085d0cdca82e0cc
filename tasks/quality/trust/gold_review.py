"""Which known questions to trust: gold that everybody knows, that good workers fail, or that is contested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from tasks.quality.votes import FloatArray, codes

#: before the first answer a gold task is taken to tell workers apart fairly; how firmly, in squared accuracy
FIRMNESS = 0.05
#: answers before the answers can speak against a gold task
LEAST_ANSWERS = 5


class GoldState(Enum):
    """What may be done with a gold task; the value is its code in arrays."""

    LIVE = 0
    #: set aside until an expert decides: workers contest it, or good ones fail it
    CONTESTED = 1
    #: shown too often: its answer is known by now
    RETIRED = 2


class Doubt(Enum):
    """Why a gold task leaves the pool."""

    FAILED = "failed"
    CONTESTED = "contested"
    SHOWN = "shown"


@dataclass(frozen=True)
class GoldLimits:
    """When a gold task leaves the pool."""

    #: answers of different workers after which it is too well known
    most_shown: int = 200
    #: it is doubted when the workers who met it had less than this chance of so few right answers, and their
    #: right answers, each weighed by the worker's accuracy, are less than half
    chance: float = 1e-3
    #: and when contests, each weighed by the worker's accuracy, reach this
    contests: float = 1.0


@dataclass(frozen=True)
class GoldDoubt:
    """One reason to take one gold task out of the pool."""

    gold: int
    doubt: Doubt
    numbers: Mapping[str, float]

    @property
    def state(self) -> GoldState:
        """What becomes of the task."""
        return GoldState.RETIRED if self.doubt is Doubt.SHOWN else GoldState.CONTESTED

    @property
    def sentence(self) -> str:
        """The reason in plain English."""
        return SENTENCES[self.doubt].format(**self.numbers)


SENTENCES: Mapping[Doubt, str] = {
    Doubt.FAILED: (
        "Only {right:.0f} of {answers:.0f} workers answered it as known; {expected:.1f} were expected."
    ),
    Doubt.CONTESTED: "Contested by workers worth {contests:.1f}; {limit:.1f} set a task aside.",
    Doubt.SHOWN: "Shown to {shown:.0f} workers, of {limit:.0f} at most.",
}

DEFAULT_GOLD_LIMITS = GoldLimits()


@dataclass(frozen=True, eq=False)
class GoldAnswers:
    """Answers to gold: a worker of accuracy `ability[i]` answered `gold[i]`, as known or not: `right[i]`.

    `ability`, in (0, 1), is what was known of the worker without this answer. ValueError when arrays do not
    fit.
    """

    gold: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]
    ability: FloatArray
    n_gold: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "gold", codes("gold", self.gold, self.n_gold))
        object.__setattr__(self, "right", np.array(self.right, dtype=bool))
        object.__setattr__(self, "ability", np.array(self.ability, dtype=np.float64))
        if not self.gold.shape == self.right.shape == self.ability.shape:
            raise ValueError("gold, right and ability differ in length")
        if ((self.ability <= 0) | (self.ability >= 1)).any():
            raise ValueError("ability must lie in (0, 1)")


def discrimination(answers: GoldAnswers) -> FloatArray:
    """How well each gold task tells good workers from poor ones, shape (gold,), from 0.05 to 2.

    The slope of being right over the worker's accuracy: 1 where it rises as it should, 0 where good and poor
    workers do alike (too easy, leaked, or wrong). Drawn to 1 while answers are few.
    """
    count_g = np.bincount(answers.gold, minlength=answers.n_gold)
    known_g = np.maximum(count_g, 1)
    mean_g = np.bincount(answers.gold, weights=answers.ability, minlength=answers.n_gold) / known_g
    share_g = np.bincount(answers.gold, weights=answers.right, minlength=answers.n_gold) / known_g
    apart = answers.ability - mean_g[answers.gold]
    together = apart * (answers.right - share_g[answers.gold])
    square_g = np.bincount(answers.gold, weights=apart**2, minlength=answers.n_gold)
    slope_g = np.bincount(answers.gold, weights=together, minlength=answers.n_gold)
    return np.asarray(np.clip((slope_g + FIRMNESS) / (square_g + FIRMNESS), 0.05, 2.0))


def doubts(
    answers: GoldAnswers,
    *,
    contests: npt.ArrayLike | None = None,
    upheld: npt.ArrayLike | None = None,
    limits: GoldLimits = DEFAULT_GOLD_LIMITS,
) -> tuple[GoldDoubt, ...]:
    """Gold tasks that should leave the pool now, by index, each with its reason; at most one reason a task.

    Parameters
    ----------
    answers : GoldAnswers
    contests : array (gold,), >= 0, optional
        Sum of the accuracies of the workers who contest each task: one guesser cannot stop gold, one good
        worker nearly can.
    upheld : bool array (gold,), optional
        An expert has confirmed the known answer: neither failures nor contests count any more.

    Raises
    ------
    ValueError
        When an array does not fit.
    """
    contest_g = _per_gold("contests", contests, answers.n_gold)
    upheld_g = _per_gold("upheld", upheld, answers.n_gold) > 0
    shown_g = np.bincount(answers.gold, minlength=answers.n_gold)
    order = np.argsort(answers.gold, kind="stable")
    ends_g = np.cumsum(shown_g)
    found = []
    for gold in range(answers.n_gold):
        mine = order[ends_g[gold] - shown_g[gold] : ends_g[gold]]
        failed = None if upheld_g[gold] else _failed(gold, answers, mine, limits)
        if failed is not None:
            found.append(failed)
        elif not upheld_g[gold] and contest_g[gold] >= limits.contests:
            numbers = {"contests": float(contest_g[gold]), "limit": limits.contests}
            found.append(GoldDoubt(gold, Doubt.CONTESTED, numbers))
        elif shown_g[gold] >= limits.most_shown:
            numbers = {"shown": float(shown_g[gold]), "limit": float(limits.most_shown)}
            found.append(GoldDoubt(gold, Doubt.SHOWN, numbers))
    return tuple(found)


def usable(
    state_g: npt.ArrayLike,
    shown_g: npt.ArrayLike,
    seen_g: npt.ArrayLike,
    limits: GoldLimits = DEFAULT_GOLD_LIMITS,
) -> npt.NDArray[np.bool_]:
    """Which gold tasks one worker may still get, shape (gold,): live, not too well known, never seen.

    `state_g` are codes of `GoldState`, `shown_g` counts of workers, `seen_g` whether this worker has seen it.
    ValueError when they differ in shape.
    """
    state, shown, seen = np.asarray(state_g), np.asarray(shown_g), np.asarray(seen_g, dtype=bool)
    if not state.shape == shown.shape == seen.shape:
        raise ValueError(f"state, shown and seen differ in shape: {state.shape}, {shown.shape}, {seen.shape}")
    return np.asarray((state == GoldState.LIVE.value) & (shown < limits.most_shown) & ~seen)


def chance_of_at_most(right: int, ability_n: FloatArray) -> float:
    """The chance, 0..1, of `right` or fewer right answers from workers of these accuracies, exactly."""
    chance_r = np.ones(1)
    for ability in ability_n:
        chance_r = np.append(chance_r, 0.0) * (1.0 - ability) + np.insert(chance_r, 0, 0.0) * ability
    return float(chance_r[: right + 1].sum())


def _failed(
    gold: int, answers: GoldAnswers, mine: npt.NDArray[np.intp], limits: GoldLimits
) -> GoldDoubt | None:
    """A doubt when workers known to be good fail the task."""
    if len(mine) < LEAST_ANSWERS:
        return None
    right, ability = answers.right[mine], answers.ability[mine]
    weighed = float(ability[right].sum() / ability.sum())
    if weighed >= 0.5 or chance_of_at_most(int(right.sum()), ability) >= limits.chance:
        return None
    numbers = {"right": float(right.sum()), "answers": float(len(mine)), "expected": float(ability.sum())}
    return GoldDoubt(gold, Doubt.FAILED, numbers)


def _per_gold(name: str, values: npt.ArrayLike | None, n_gold: int) -> FloatArray:
    array = np.zeros(n_gold) if values is None else np.asarray(values, dtype=np.float64)
    if array.shape != (n_gold,):
        raise ValueError(f"{name} must have shape ({n_gold},), not {array.shape}")
    return array
