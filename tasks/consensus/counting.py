"""A shard of a large project's votes, counted for the process that refits it."""

from __future__ import annotations

import json
from contextlib import closing
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tasks.consensus.exchange import Arrays, Exchange
from tasks.consensus.reading import votes_in_range
from tasks.quality.trust.hearing import Ears
from tasks.quality.truth.hierarchy import Hierarchy
from tasks.quality.truth.members import Held
from tasks.quality.truth.rounds import Model, Round, Statistics, Truths
from tasks.quality.truth.shards import Shard, begin, count
from tasks.quality.votes import VoteTable

#: shards a process keeps laid out, and as many it has read: between two passes it is asked for the same
KEPT_SHARDS = 4


class Asked(NamedTuple):
    """What a pass is to do."""

    #: which pass of the refit it is
    number: int
    #: what is held out of the votes
    held: Held | None
    model: Model
    #: None for the plain vote
    told: Round | None

    def arrays(self) -> Arrays:
        """To travel."""
        weights = (
            {} if self.told is None else {"weights": self.told.log_weights_wkl, "prior": self.told.prior_k}
        )
        return {
            "number": self.number,
            "held": (-1, -1) if self.held is None else self.held,
            "model": json.dumps(vars(self.model)),
            **weights,
        }

    @classmethod
    def of(cls, arrays: Arrays) -> Asked:
        """The inverse of `arrays`."""
        model = Hierarchy(**json.loads(str(arrays["model"])))
        part, seed = arrays["held"].tolist()
        told = Round(model, arrays["weights"], arrays["prior"]) if "weights" in arrays else None
        return cls(int(arrays["number"]), Held(part, seed) if part >= 0 else None, model, told)

    def of_shard(self, shard: Shard) -> Statistics:
        """What the pass says of a shard."""
        return begin(shard, self.model) if self.told is None else count(shard, self.told)


def count_for(run: str, number: int) -> None:
    """Count shard `number` as the refit `run` asks at present, and hand it the sums.

    Does nothing once the refit is over, and when the votes are no longer those it saw: whoever refits counts
    what does not come back. Twice does no harm.
    """
    with closing(Exchange(run)) as exchange:
        first = exchange.told("pass")
        if first is None:
            _read.cache_clear()
            _laid_out.cache_clear()
            return
        asked = Asked.of(first)
        shard = _laid_out(run, number, asked.held)
        # Reading took a while, and the refit may have gone on: it is told at once where it is now.
        newest = exchange.told("pass")
        if shard is None or newest is None:
            return
        asked, held = Asked.of(newest), asked.held
        if asked.held == held:
            exchange.answer(answer_of(number, asked.number, asked.of_shard(shard)))
        else:
            exchange.answer(answer_of(number, -1, None))


def answer_of(number: int, of_pass: int, found: Statistics | None) -> Arrays:
    """The sums of a shard to travel; without any the shard only says that it is free again."""
    sums = {} if found is None else {name: np.asarray(value) for name, value in vars(found).items()}
    return {"shard": number, "pass": of_pass, **sums}


def sums_of(answer: Arrays) -> Statistics:
    """The inverse of `answer_of`."""
    counts_wkl, class_k = answer["counts_wkl"], answer["class_k"]
    return Statistics(counts_wkl, class_k, float(answer["n_free"]), float(answer["log_likelihood"]))


class Range(NamedTuple):
    """Which votes a shard has, and what is known of its tasks."""

    project_id: int
    #: place of the question in the schema, and its classes
    place: int
    n_labels: int
    #: ids of the first and the last task, and of the last answer
    first: int
    last: int
    until: int
    #: the code of the first task in the whole
    start: int
    n_tasks: int
    n_votes: int

    def tell(self, exchange: Exchange, number: int, truths: Truths) -> None:
        """Let others know it as shard `number`, with what is known of its tasks."""
        exchange.tell(f"shard:{number}", {"range": self, "gold": truths.gold_t, "error": truths.error_t})


class _Heard(NamedTuple):
    votes: VoteTable
    #: the code of the first task in the whole
    start: int
    truths: Truths


@lru_cache(KEPT_SHARDS)
def _read(run: str, number: int) -> _Heard | None:
    """A shard's votes as they are heard; None when they are not those that the refit saw."""
    with closing(Exchange(run)) as exchange:
        told, people = exchange.told(f"shard:{number}"), exchange.told("people")
    if told is None or people is None:
        return None
    mine = Range(*told["range"].tolist())
    raw = votes_in_range(mine.project_id, mine.place, first=mine.first, last=mine.last, until=mine.until)
    task_ids, task = np.unique(raw.task, return_inverse=True)
    if (len(raw.task), len(task_ids)) != (mine.n_votes, mine.n_tasks):
        return None
    worker = np.searchsorted(people["ids"], raw.worker)
    table = VoteTable(task, worker, raw.label, mine.n_tasks, len(people["ids"]), mine.n_labels)
    ears = Ears(people["weight"], people["speaker"])
    return _Heard(ears.heard(table), mine.start, Truths(told["gold"], told["error"]))


@lru_cache(KEPT_SHARDS)
def _laid_out(run: str, number: int, held: Held | None) -> Shard | None:
    """A shard without what is held out."""
    heard = _read(run, number)
    if heard is None:
        return None
    votes = heard.votes
    if held is not None:
        votes = votes.only(~held.hides(votes.task + np.int64(heard.start), votes.worker))
    return Shard(votes, heard.truths)
