"""Votes out of the database by the million: as arrays, without an object for each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from tasks.quality.votes import IntArray

#: a vote as the database packs it: a row for each would take five times as long to receive
VOTE = np.dtype([("answer", ">i8"), ("task", ">i8"), ("worker", ">i8"), ("label", ">i2")])

# The array of labels counts from one, our questions from nought.
_VOTES = """
SELECT string_agg(
           int8send(a.id) || int8send(a.task_id) || int8send(a.worker_id)
               || int2send(a.labels[%(index)s + 1]),
           ''::bytea
       )
  FROM tasks_answer a
  JOIN marketplace_batch b ON b.id = a.batch_id
 WHERE b.project_id = %(project)s AND a.labels[%(index)s + 1] >= 0 AND {condition}
 GROUP BY a.id >> 16
"""
_IN_RANGE = "a.task_id BETWEEN %(first)s AND %(last)s AND a.id <= %(until)s"
_TO_VISIT = """
a.task_id IN (
    SELECT new.task_id
      FROM tasks_answer new
      JOIN marketplace_batch n ON n.id = new.batch_id
     WHERE n.project_id = %(project)s AND new.id > %(after)s
     UNION ALL
    SELECT unnest(%(also)s::bigint[])
)
"""


class Ballots(NamedTuple):
    """Votes by their ids, in the order of the answers, shape (vote,)."""

    answer: IntArray
    task: IntArray
    worker: IntArray
    label: IntArray


def all_votes(project_id: int, index: int) -> Ballots:
    """Every vote in a project on the question at `index` of its schema."""
    return _read("true", {"project": project_id, "index": index})


def votes_in_range(project_id: int, index: int, *, first: int, last: int, until: int) -> Ballots:
    """The votes on the tasks from `first` to `last`, by answers not after `until`."""
    asked = {"project": project_id, "index": index, "first": first, "last": last, "until": until}
    return _read(_IN_RANGE, asked)


def votes_to_visit(project_id: int, index: int, *, after: int, also: list[int]) -> Ballots:
    """Every vote on the tasks with an answer behind the one with the id `after`, and on those in `also`."""
    return _read(_TO_VISIT, {"project": project_id, "index": index, "after": after, "also": also})


def _read(condition: str, asked: dict[str, Any]) -> Ballots:
    with connection.cursor() as cursor:
        cursor.execute(_VOTES.format(condition=condition), asked)
        found = np.frombuffer(b"".join(packed for (packed,) in cursor.fetchall()), VOTE)
    # In one order: what is drawn at random of the votes must come out the same in every fit of them.
    order = np.argsort(found["answer"], kind="stable")
    return Ballots(*(found[name][order].astype(np.int64) for name in Ballots._fields))
