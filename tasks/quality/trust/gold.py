"""How many known questions a worker gets, where they stand among the tasks, and which ones."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from tasks.quality.trust.gate import DEFAULT_GATE, GatePolicy, State, accuracy_at, gate
from tasks.quality.trust.reliability import of_gold
from tasks.quality.votes import FloatArray, IntArray


@dataclass(frozen=True)
class GoldPolicy:
    """Shares of gold, 0..1, among the tasks a worker gets."""

    #: until the gate trusts the worker
    first: float = 0.25
    #: trusted, until `settled` answers and a lower bound above `useful`
    second: float = 0.10
    #: after that
    settled_share: float = 0.04
    #: after an alarm: drift, spam or a ring
    alarm: float = 0.25
    settled: int = 50
    #: informedness the worker's lower bound must clear, 0 chance, 1 perfect
    useful: float = 0.4

    def __post_init__(self) -> None:
        shares = (self.first, self.second, self.settled_share, self.alarm)
        if not all(0 <= share < 1 for share in shares) or not 0 < self.useful < 1:
            raise ValueError("shares must lie in [0, 1) and useful in (0, 1)")


DEFAULT_GOLD = GoldPolicy()


@dataclass(frozen=True)
class Standing:
    """What the policy asks of a worker."""

    gold_right: float
    gold_total: float
    #: all answers in this project, gold and work
    answers: int
    #: something is odd: drift, spam, a ring
    alarm: bool = False


def share(
    standing: Standing,
    n_labels: int,
    policy: GoldPolicy = DEFAULT_GOLD,
    gate_policy: GatePolicy = DEFAULT_GATE,
) -> float:
    """The share of gold, 0..1, among this worker's next tasks.

    Much until the gate knows the worker, less until the 95 % interval clears, little after; much again after
    an alarm. Who is excluded and still allowed to answer gets as much as a newcomer, so that the way back is
    open. It never falls to 0 by itself: a worker who knows that nobody looks any more may change.
    """
    if standing.alarm:
        return max(policy.alarm, policy.first)
    state = gate([standing.gold_right], [standing.gold_total], n_labels, policy=gate_policy).state_w[0]
    if state != State.TRUSTED.value:
        return policy.first
    known = of_gold(standing.gold_right, standing.gold_total)
    clear = known.low > accuracy_at(policy.useful, 1.0 / n_labels)
    return policy.settled_share if clear and standing.answers >= policy.settled else policy.second


def generator(secret: bytes, *parts: str) -> np.random.Generator:
    """A generator nobody without `secret` (up to 64 bytes) can foresee, the same for the same `parts`.

    Give it the worker and the suite: then a repeated request draws the same, and no worker's gold tells of
    another's.
    """
    told = "\x1f".join(parts).encode()
    return np.random.default_rng(int.from_bytes(blake2b(told, key=secret, digest_size=32).digest(), "big"))


def places(rng: np.random.Generator, size: int, gold_share: float) -> npt.NDArray[np.bool_]:
    """Which of the next `size` places are gold, shape (size,).

    Each place is drawn by itself, so that neither the place, the gap since the last gold, nor the number in
    a suite tells anything. If all came out gold and there are several, one at random becomes work: a suite
    must get something done. A suite of one may be gold: nobody escapes by asking for tasks one by one.
    ValueError unless size >= 0 and the share lies in 0..1.
    """
    if size < 0 or not 0 <= gold_share <= 1:
        raise ValueError(f"size >= 0 and share in 0..1, not {size}, {gold_share}")
    gold = rng.random(size) < gold_share
    if size > 1 and gold.all():
        gold[rng.integers(size)] = False
    return np.asarray(gold)


def worth(
    gold_label: npt.ArrayLike,
    discrimination_g: npt.ArrayLike,
    right_k: npt.ArrayLike,
    total_k: npt.ArrayLike,
    class_share_k: npt.ArrayLike | None = None,
) -> FloatArray:
    """What each gold task would tell about one worker, shape (gold,), >= 0; only ratios mean something.

    The expected fall of the variance of the worker's accuracy on the gold's class (a Beta posterior), times
    what the class counts, times how well the gold tells good workers from poor ones: classes little asked so
    far and rows where the worker wavers come first.

    Parameters
    ----------
    gold_label : int array (gold,), the known class
    discrimination_g : array (gold,), see `discrimination`
    right_k, total_k : arrays (n_labels,), the worker's answers to gold of each class so far
    class_share_k : array (n_labels,), sum to 1, optional
        How often classes occur in the work; equal by default, which finds who ignores a rare class.

    Raises
    ------
    ValueError
        When shapes do not fit.
    """
    label_g = np.asarray(gold_label, dtype=np.int64)
    sharp_g = np.asarray(discrimination_g, dtype=np.float64)
    right, total = np.asarray(right_k, dtype=np.float64), np.asarray(total_k, dtype=np.float64)
    weight_k = np.full(len(total), 1.0 / len(total)) if class_share_k is None else np.asarray(class_share_k)
    if label_g.shape != sharp_g.shape or not right.shape == total.shape == weight_k.shape:
        raise ValueError("gold_label and discrimination, and right, total and class_share, must fit")
    a_k, b_k = right + 1.0, total - right + 1.0
    answers_k = a_k + b_k
    variance_k = a_k * b_k / (answers_k**2 * (answers_k + 1.0))
    # One more answer divides a Beta variance by answers + 1 in expectation of the fall.
    return np.asarray(sharp_g * (weight_k * variance_k / (answers_k + 1.0))[label_g])


def choose(rng: np.random.Generator, worth_g: npt.ArrayLike, usable_g: npt.ArrayLike, size: int) -> IntArray:
    """Up to `size` different gold tasks, drawn with chances as their worth, shape (chosen,).

    Never simply the best ones: everybody would meet the same, and meet it first. `usable_g` (bool) leaves out
    what the worker has seen and what is out of use, see `gold_review.usable`.
    Usable tasks of no worth are drawn last.
    """
    value_g, free = np.asarray(worth_g, dtype=np.float64), np.flatnonzero(np.asarray(usable_g, dtype=bool))
    size = min(size, len(free))
    if size <= 0:
        return np.empty(0, dtype=np.int64)
    chance = value_g[free] + max(float(value_g[free].max()), 1e-12) * 1e-3
    return np.asarray(rng.choice(free, size=size, replace=False, p=chance / chance.sum()), dtype=np.int64)
