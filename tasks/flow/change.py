"""What a submit, or a round of decisions, writes: all of it in one message to the database.

Each slice keeps the words for its own tables, which take their rows as JSON. What nearly every submit writes
is a call of a function that the database has planned (`sql/change.sql`), the rest is a part of a statement.
Those that have something to write are joined here. The database referees them as it does every statement:
its triggers and constraints see each row that is written.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from marketplace.core.events import TOLD, event_rows, tell_on_commit
from marketplace.database.trips import as_last
from tasks.answers.services import GRADED, STORED
from tasks.consensus.services import WEIGHED, TaskResult
from tasks.disputes.services import OPENED, STREAM, due_after
from tasks.pool.services import MOVED
from workers.reliability.services import MEASURED, SeenGold, known_of

#: each with the rows it writes: what is called first, and the parts of a statement after it
CALLS = (("moves", MOVED), ("answers", STORED), ("results", WEIGHED))
PARTS = (("grades", GRADED), ("known", MEASURED), ("disputes", OPENED), ("events", TOLD))
Row = dict[str, Any]


class Author(NamedTuple):
    """Whose answers they are (ids), and when they fall due for pay."""

    worker: int
    batch: int
    project: int
    pay_due: dt.datetime


@dataclass
class Change:
    """Rows to be written; answers, grades and what gold has shown (`seen`) need an author."""

    author: Author | None = None
    answers: list[Row] = field(default_factory=list)
    grades: list[Row] = field(default_factory=list)
    seen: list[SeenGold] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    results: list[TaskResult] = field(default_factory=list)
    disputes: list[Row] = field(default_factory=list)

    def write(self, moment: dt.datetime) -> None:
        """Write everything, as the last act of the transaction that holds the assignments and tasks."""
        rows = self._rows()
        calls, parts = ([words for name, words in kind if rows[name]] for kind in (CALLS, PARTS))
        end = "SELECT last_seq FROM numbered" if self.disputes else "SELECT 0"
        statements = [f"SELECT {', '.join(calls)}"] if calls else []
        statements += [f"WITH {','.join(parts)} {end}"] if parts else []
        if not statements:
            return
        values: Row = {name: json.dumps(some) for name, some in rows.items() if some}
        values |= self.author._asdict() if self.author else {}
        values |= {"now": moment, "stream": STREAM, "dispute_due": due_after(moment)}
        with connection.cursor() as cursor:
            cursor.execute(as_last("; ".join(statements)), values)
            if not self.disputes:
                return
            if calls:
                cursor.nextset()
            ((last,),) = cursor.fetchall()
        tell_on_commit(STREAM, last - len(self.disputes) + 1, last)

    def _rows(self) -> dict[str, list[Row]]:
        return {
            "answers": self.answers,
            "grades": self.grades,
            "known": known_of(self.seen),
            "moves": self.moves,
            "results": [result._asdict() for result in self.results],
            "disputes": self.disputes,
            "events": event_rows([("opened", {"dispute": each["public_id"]}) for each in self.disputes]),
        }
