"""Gold tasks seen again as if their answers came one by one: what would have been believed, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.quality.truth.information import ASKED_FIRST, informativeness
from tasks.quality.truth.members import Member
from tasks.quality.votes import FloatArray, IntArray, VoteTable

#: answers of a gold task that are replayed at most, and in how many random orders
LONGEST, ORDERS = 50, 4
#: more gold tasks than this tell nothing more
MOST_TASKS = 1000


@dataclass(frozen=True, eq=False)
class Prefixes:
    """Replays of gold tasks: row r is a task in a random order, column n its state after n + 1 answers."""

    #: the task of each row, shape (row,), and its known class
    task_r: IntArray
    truth_r: IntArray
    #: the vote that came as answer n + 1, shape (row, answer), -1 where there was none
    vote_rn: IntArray

    @property
    def valid_rn(self) -> npt.NDArray[np.bool_]:
        """Which states exist."""
        return np.asarray(self.vote_rn >= 0)

    @property
    def n_tasks(self) -> int:
        """How many different gold tasks were replayed."""
        return len(np.unique(self.task_r))

    def rows(self, chosen_r: npt.NDArray[np.bool_]) -> Prefixes:
        """Only the chosen rows."""
        return Prefixes(self.task_r[chosen_r], self.truth_r[chosen_r], self.vote_rn[chosen_r])


@dataclass(frozen=True, eq=False)
class Replays:
    """What would have been believed of gold tasks, answer by answer, had they not been gold.

    Arrays have shape (row, answer); rows are gold tasks in random orders, see `Prefixes`.
    """

    task_r: IntArray
    confidence_rn: FloatArray
    right_rn: npt.NDArray[np.bool_]
    valid_rn: npt.NDArray[np.bool_]

    @property
    def n_tasks(self) -> int:
        """Different gold tasks."""
        return len(np.unique(self.task_r))


def draw_prefixes(
    votes: VoteTable,
    gold_t: IntArray,
    rng: np.random.Generator,
    *,
    judge: Member | None = None,
) -> Prefixes:
    """Put the answers of the gold tasks into `ORDERS` random orders, the first `LONGEST` of each.

    Where a batch first asks those who tell enough (`information.ASKED_FIRST`), the replays do as it does: by
    what `judge` knows of each worker from other tasks. Without that those would look better than they are.
    """
    mine = np.flatnonzero(gold_t[votes.task] >= 0)
    answered = np.unique(votes.task[mine])
    if len(answered) > MOST_TASKS:
        answered = np.sort(rng.choice(answered, MOST_TASKS, replace=False))
        mine = mine[np.isin(votes.task[mine], answered)]
    place = np.searchsorted(answered, votes.task[mine])
    n_g = np.bincount(place, minlength=len(answered))
    queue_rn = np.full((ORDERS * len(answered), int(n_g.max(initial=1))), -1, dtype=np.int64)
    first_g = np.concatenate([[0], np.cumsum(n_g)[:-1]])
    for order in range(ORDERS):
        shuffled = np.lexsort((rng.random(len(mine)), place))
        nth = np.arange(len(mine)) - first_g[place[shuffled]]
        queue_rn[order * len(answered) + place[shuffled], nth] = mine[shuffled]
    if judge is not None and len(mine):
        teaches_v = np.zeros(votes.n_votes)
        teaches_v[mine] = informativeness(_without_own_task(judge, votes, gold_t, mine))
        mean = informativeness(judge.log_weights(judge.counts_wkl))[votes.worker].mean()
        queue_rn = _asked_in_order(queue_rn, teaches_v < ASKED_FIRST * mean)
    task_r = np.tile(answered, ORDERS)
    return Prefixes(task_r, gold_t[task_r].astype(np.int64), queue_rn[:, :LONGEST])


def _asked_in_order(queue_rn: IntArray, last_v: npt.NDArray[np.bool_]) -> IntArray:
    """Each row's queue with the votes in `last_v` behind the others; the order is kept among either."""
    rank_rn = np.where(queue_rn >= 0, last_v[queue_rn].astype(np.int64), 2)
    return np.asarray(np.take_along_axis(queue_rn, np.argsort(rank_rn, axis=1, kind="stable"), axis=1))


def state_shares(prefixes: Prefixes, n_answers: IntArray) -> FloatArray:
    """How much each state counts, shape (row, answer), when tasks have `n_answers` answers, shape (task,).

    Three quarters go to the states tasks are in now (the last state of a replay stands in for longer ones), a
    quarter evenly to all, because any may be met. The states of one gold task sum to 1.
    """
    valid_rn = prefixes.valid_rn
    longest = valid_rn.shape[1]
    now_n = np.bincount(np.minimum(n_answers[n_answers > 0], longest), minlength=longest + 1)[1:]
    now_n = now_n / now_n.sum() if now_n.any() else np.full(longest, 1.0 / longest)
    share_rn = np.where(valid_rn, now_n, 0.0)
    last_r = valid_rn.sum(axis=1) - 1
    share_rn[np.arange(len(last_r)), last_r] += 1.0 - share_rn.sum(axis=1)
    even_rn = valid_rn / valid_rn.sum(axis=1, keepdims=True)
    return np.asarray((0.75 * share_rn + 0.25 * even_rn) * prefixes.n_tasks / len(prefixes.task_r))


def log_evidence(prefixes: Prefixes, votes: VoteTable, member: Member) -> FloatArray:
    """What a member makes of each state, shape (row, answer, true): sums of log weights, and nothing else.

    An answer is weighed as if its task were not gold: what the task taught about the worker is taken away
    from the worker's counts first.
    """
    used, vote_rn = np.unique(prefixes.vote_rn, return_inverse=True)
    vote_rn = vote_rn.reshape(prefixes.vote_rn.shape)
    gold_t = np.zeros(votes.n_tasks, dtype=np.int64)
    gold_t[prefixes.task_r] = prefixes.truth_r
    vote = np.maximum(used, 0)
    log_vkl = _without_own_task(member, votes, gold_t, vote)
    log_vk = log_vkl[np.arange(len(vote)), :, votes.label[vote]]
    log_vk[used < 0] = 0.0
    return np.asarray(log_vk[vote_rn].cumsum(axis=1))


def _without_own_task(member: Member, votes: VoteTable, gold_t: IntArray, vote: IntArray) -> FloatArray:
    """The weights of each vote's worker as if the vote had not been counted, shape (vote, true, answered)."""
    worker, label, truth = votes.worker[vote], votes.label[vote], gold_t[votes.task[vote]]
    counts_vkl = np.array(member.counts_wkl[worker])
    each = np.arange(len(vote))
    counts_vkl[each, truth, label] = np.maximum(counts_vkl[each, truth, label] - 1.0, 0.0)
    return member.log_weights(counts_vkl)
