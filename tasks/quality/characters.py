"""The characters of a simulated crowd: who errs how, and what changes while people work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from tasks.quality.votes import FloatArray, IntArray


class Character(IntEnum):
    """What kind of worker somebody is."""

    #: answers as well as they can
    GOOD = 0
    #: answers one favourite class in half of the cases where it is wrong
    BIASED = 1
    #: answers at random whatever they see
    RANDOM = 2
    #: does not look in half of the cases: says the most common class or anything
    LAZY = 3
    #: knows as much as anybody, and answers something else
    ADVERSARIAL = 4
    #: gives the answer the ring agreed on for the task
    COLLUDING = 5


@dataclass(frozen=True)
class Makeup:
    """What a crowd is made of. Shares lie in 0..1; who has no other character is good."""

    #: mean accuracy of good workers, above chance, and how many answers it is as sure as (higher: more
    #: alike)
    accuracy: float = 0.8
    sameness: float = 10.0
    #: shares of workers, by character; they sum to 1 at most
    biased: float = 0.0
    spammers: float = 0.0
    lazy: float = 0.0
    adversarial: float = 0.0
    ring: float = 0.0
    #: share of all answers that the ring gives; None: as many as its workers would by chance
    ring_volume: float | None = None
    #: share of tasks where nobody does better than half way between chance and their own accuracy
    hard: float = 0.0
    #: share of the wrong answers to a hard task that fall on one and the same wrong class
    lure: float = 0.0
    #: share of their skill workers lack at first; half of it is learned in every `practice` answers
    learning: float = 0.0
    practice: float = 20.0
    #: share of their skill workers have lost by the end of a sitting of `sitting` answers, then they rest
    tiring: float = 0.0
    sitting: int = 50
    #: classes are in order: a wrong class one step further away is a quarter as likely
    ordinal: bool = False

    def __post_init__(self) -> None:
        shares = (*self._kinds(), self.ring_volume or 0.0, self.hard, self.lure, self.learning, self.tiring)
        if not all(0 <= share <= 1 for share in shares) or sum(self._kinds()) > 1 + 1e-9:
            raise ValueError(f"shares lie in 0..1, and those of workers sum to 1 at most: {self}")
        if self.practice <= 0 or self.sitting < 1 or (self.ring_volume and not self.ring):
            raise ValueError("practice must be > 0, sitting >= 1, and who has a ring's volume needs a ring")

    def characters(self, lot_w: FloatArray) -> IntArray:
        """The character of each worker, shape (worker,), from lots in 0..1."""
        edges = np.cumsum(self._kinds())
        drawn_w = np.searchsorted(edges, lot_w, side="right")
        order = [
            Character.BIASED,
            Character.RANDOM,
            Character.LAZY,
            Character.ADVERSARIAL,
            Character.COLLUDING,
            Character.GOOD,
        ]
        return np.asarray(np.array(order, dtype=np.int64)[drawn_w])

    def _kinds(self) -> tuple[float, ...]:
        return (self.biased, self.spammers, self.lazy, self.adversarial, self.ring)


def workers(
    rng: np.random.Generator, n_workers: int, makeup: Makeup, shares_k: FloatArray
) -> tuple[FloatArray, IntArray]:
    """How each worker answers, shape (worker, true, answered), rows sum to 1, and their characters.

    `shares_k` (true,) says how common the classes are, for the lazy.
    """
    n_labels = len(shares_k)
    chance, eye_kl = 1.0 / n_labels, np.eye(n_labels)
    # Accuracy between chance and 1, so that nobody good is worse than a coin.
    level = (makeup.accuracy - chance) / (1 - chance)
    right_w = rng.beta(level * makeup.sameness, (1 - level) * makeup.sameness, n_workers)
    right_w = (chance + (1 - chance) * right_w)[:, None, None]
    confusion_wkl = right_w * eye_kl + (1 - right_w) * wrong_shares(n_labels, ordinal=makeup.ordinal)
    character_w = makeup.characters(rng.random(n_workers))
    favourite_w1l = eye_kl[rng.integers(n_labels, size=n_workers)][:, None]
    common_l = np.where(shares_k == shares_k.max(), 1.0, 0.0)
    unseen_l = (common_l / common_l.sum() + chance) / 2
    answers = {
        Character.BIASED: (confusion_wkl + favourite_w1l) / 2,
        Character.RANDOM: np.full_like(confusion_wkl, chance),
        Character.LAZY: (confusion_wkl + unseen_l) / 2,
        Character.ADVERSARIAL: confusion_wkl @ wrong_shares(n_labels, ordinal=False),
        Character.COLLUDING: np.full_like(confusion_wkl, chance),
    }
    for character, theirs_wkl in answers.items():
        here = character_w == character
        confusion_wkl[here] = theirs_wkl[here]
    return np.asarray(confusion_wkl), character_w


def wrong_shares(n_labels: int, *, ordinal: bool) -> FloatArray:
    """How wrong answers spread, shape (true, answered), rows sum to 1, nothing on the diagonal."""
    steps_kl = np.abs(np.subtract.outer(np.arange(n_labels), np.arange(n_labels)))
    share_kl = np.where(steps_kl > 0, 4.0 ** (1.0 - steps_kl) if ordinal else 1.0, 0.0)
    return np.asarray(share_kl / share_kl.sum(axis=1, keepdims=True))


def lured(chances_vl: FloatArray, truth_v: IntArray, lure_v: IntArray, share: float) -> FloatArray:
    """Chances of hard tasks' answers, (vote, answered), with `share` of what is wrong moved to one class."""
    votes = np.arange(len(truth_v))
    right_v = chances_vl[votes, truth_v]
    moved_vl = (1.0 - share) * chances_vl
    moved_vl[votes, truth_v] = right_v
    moved_vl[votes, lure_v] += share * (1.0 - right_v)
    return np.asarray(moved_vl)


def skill(makeup: Makeup, worker_v: IntArray) -> FloatArray:
    """The share of their skill that workers have at each vote, 0..1, from votes in order of arrival."""
    before_v = answered_before(worker_v)
    learned_v = 1.0 - makeup.learning * 0.5 ** (before_v / makeup.practice)
    tired_v = (before_v % makeup.sitting) / max(makeup.sitting - 1, 1)
    return np.asarray(learned_v * (1.0 - makeup.tiring * tired_v))


def answered_before(worker_v: IntArray) -> IntArray:
    """How many answers each vote's worker had given before it."""
    order = np.argsort(worker_v, kind="stable")
    first = np.flatnonzero(np.diff(worker_v[order], prepend=-1))
    start_v = np.repeat(first, np.diff(np.append(first, len(worker_v))))
    before_v = np.empty(len(worker_v), dtype=np.int64)
    before_v[order] = np.arange(len(worker_v)) - start_v
    return before_v


def seat_ring(
    rng: np.random.Generator, lot_tw: FloatArray, ring_w: FloatArray, answers_per_task: int, volume: float
) -> FloatArray:
    """Lots of workers for tasks, shape (task, worker), changed so that the lowest seat `volume` of the ring.

    The lowest `answers_per_task` lots of a task are its workers. ValueError when the ring or the others are
    too few for their share.
    """
    wanted = answers_per_task * volume
    ring = int(ring_w.sum())
    if np.ceil(wanted) > ring or np.ceil(answers_per_task - wanted) > len(ring_w) - ring:
        raise ValueError(f"{ring} of {len(ring_w)} workers cannot give {volume:.0%} of the answers")
    seats_t = np.floor(wanted + rng.random(len(lot_tw))).astype(np.int64)
    member_w = ring_w.astype(np.bool_)
    ranks_tw = np.empty(lot_tw.shape, dtype=np.int64)
    for group_w in (member_w, ~member_w):
        ranks_tw[:, group_w] = lot_tw[:, group_w].argsort(axis=1).argsort(axis=1)
    free_t = np.where(member_w, seats_t[:, None], answers_per_task - seats_t[:, None])
    return np.asarray(np.where(ranks_tw < free_t, lot_tw, lot_tw + 1.0))
