"""What `trust.scene` and those above it say of groups, by looking at every task each time: slow and plain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tasks.quality.trust.findings import COPIES_DEPEND
from tasks.quality.trust.rings import GROWTH_ROUNDS, JOIN, Bound
from tasks.quality.votes import FloatArray, IntArray, VoteTable

BoolArray = npt.NDArray[np.bool_]


class FullScene:
    """All votes as one block of worker x task x label."""

    def __init__(self, votes: VoteTable, gold_t: IntArray, weight_v: FloatArray) -> None:
        shape = (votes.n_workers, votes.n_tasks, votes.n_labels)
        self.said_wtl, self.voiced_wtl = np.zeros(shape), np.zeros(shape)
        np.add.at(self.said_wtl, (votes.worker, votes.task, votes.label), 1.0)
        np.add.at(self.voiced_wtl, (votes.worker, votes.task, votes.label), weight_v)
        self.gold_t = gold_t

    def outside(self, member_w: BoolArray) -> tuple[FloatArray, IntArray]:
        """Contest of each label, shape (task, label), and the leading label, shape (task,)."""
        outside_tl = self.voiced_wtl[~member_w].sum(axis=0)
        total_t = outside_tl.sum(axis=1)
        contest_tl = (total_t[:, None] - outside_tl) / (total_t[:, None] + 1.0)
        leading_t = np.where(total_t > 0, outside_tl.argmax(axis=1), -1)
        known = np.flatnonzero(self.gold_t >= 0)
        contest_tl[known] = 1.0
        contest_tl[known, self.gold_t[known]] = 0.0
        return contest_tl, np.where(self.gold_t >= 0, self.gold_t, leading_t)

    def pairs(self) -> dict[tuple[int, int], tuple[float, float]]:
        """By pair with a task in common: contested tasks answered alike and differently."""
        total_t = self.voiced_wtl.sum(axis=(0, 2))
        label_tl = self.voiced_wtl.sum(axis=0)
        found = {}
        answered_wt: BoolArray = self.said_wtl.sum(axis=2) > 0
        for one, other in zip(*np.triu_indices(len(answered_wt), 1), strict=True):
            same = differ = 0.0
            shared = np.flatnonzero(answered_wt[one] & answered_wt[other])
            for task in shared:
                labels = [int(self.said_wtl[worker, task].argmax()) for worker in (one, other)]
                alike = labels[0] == labels[1]
                contests = []
                for worker, label in zip((one, other), labels, strict=True):
                    weight = self.voiced_wtl[worker, task, label]
                    against = total_t[task] - label_tl[task, label] - (0.0 if alike else weight)
                    against = max(against, 0.0)
                    others = max(total_t[task] - 2 * weight, against)
                    known = self.gold_t[task]
                    contests.append(float(known != label) if known >= 0 else against / (others + 1.0))
                if alike:
                    same += float(np.sqrt(contests[0] * contests[1]))
                else:
                    differ += sum(contests) / 2
            if len(shared):
                found[int(one), int(other)] = (same, differ)
        return found

    def grown(self, member_w: BoolArray, bound: Bound, free_w: BoolArray) -> BoolArray:
        """The group around a seed."""
        for _ in range(GROWTH_ROUNDS):
            contest_tl, _ = self.outside(member_w)
            agrees_w = [self._evidence(worker, member_w, contest_tl, bound) for worker in range(len(free_w))]
            bar_w = np.where(member_w, np.nextafter(0.0, 1.0), JOIN)
            grown_w = (np.array(agrees_w) >= bar_w) & free_w
            if (grown_w == member_w).all():
                break
            member_w = grown_w
        return member_w

    def evidence(self, member_w: BoolArray, bound: Bound) -> float:
        """That a group copies, over the tasks where two or more of it answered."""
        contest_tl, leading_t = self.outside(member_w)
        group_tl = self.said_wtl[member_w].sum(axis=0)
        total = 0.0
        for task in np.flatnonzero((group_tl.sum(axis=1) >= 2) & (leading_t >= 0)):
            size, answer = group_tl[task].sum(), int(group_tl[task].argmax())
            same = (group_tl[task, answer] - 1.0) / (size - 1.0)
            honest = max(bound.honest, self._habit(member_w, leading_t, task, answer))
            copies = (size - 1.0) / (1.0 + (size - 2.0) * COPIES_DEPEND)
            total += copies * contest_tl[task, answer] * float(bound.evidence(same, 1.0 - same, honest))
        return total

    def _evidence(self, worker: int, member_w: BoolArray, contest_tl: FloatArray, bound: Bound) -> float:
        """That a worker gives the answers of the others in a group."""
        others_w = member_w.copy()
        others_w[worker] = False
        group_tl = self.said_wtl[others_w].sum(axis=0)
        top_t, answer_t = group_tl.max(axis=1), group_tl.argmax(axis=1)
        same = differ = 0.0
        for task in np.flatnonzero((top_t > 0) & self.said_wtl[worker].any(axis=1)):
            label, contest = int(self.said_wtl[worker, task].argmax()), contest_tl[task, answer_t[task]]
            # a member gives the group's answer whenever it gives one of several that lead
            same_too = group_tl[task, label] == top_t[task] if member_w[worker] else label == answer_t[task]
            same, differ = same + contest * same_too, differ + contest * (not same_too)
        return float(bound.evidence(same, differ))

    def _habit(self, member_w: BoolArray, leading_t: IntArray, task: np.signedinteger, answer: int) -> float:
        n_labels = self.said_wtl.shape[2]
        habits = []
        for worker in np.flatnonzero(member_w & self.said_wtl[:, task].any(axis=1)):
            alike_l = self.said_wtl[worker, leading_t == leading_t[task]].sum(axis=0)
            habits.append((alike_l[answer] + 1.0 / n_labels) / (alike_l.sum() + 1.0))
        return float(np.mean(habits))
