"""What must hold whatever happened, as plain SQL on the database: each statement finds what breaks it."""

from __future__ import annotations

from tests.faults.trees import Database, until
from tests.faults.working import Crowd

BROKEN = {
    "a task counts other answers than it has": """
        SELECT id FROM tasks_task t
         WHERE answers_count <> (SELECT count(*) FROM tasks_answer a WHERE a.task_id = t.id)""",
    "a task counts other leases than are live": """
        SELECT id FROM tasks_task t WHERE live_count <>
               (SELECT count(*) FROM tasks_assignment a WHERE a.task_id = t.id AND a.state = 'claimed')""",
    "a task has more answers than its overlap": """
        SELECT t.id FROM tasks_task t JOIN tasks_answer a ON a.task_id = t.id
         GROUP BY t.id HAVING count(*) > t.max_overlap""",
    "somebody answered a task twice": """
        SELECT task_id, worker_id FROM tasks_answer GROUP BY 1, 2 HAVING count(*) > 1""",
    "an answer without an answered assignment, or the other way round": """
        SELECT s.id, a.id FROM tasks_assignment s FULL JOIN tasks_answer a ON a.assignment_id = s.id
         WHERE (a.id IS NOT NULL) <> (coalesce(s.state, '') IN ('submitted', 'accepted'))""",
    "a task that is disputed without a dispute, or the other way round": """
        SELECT t.id FROM tasks_task t LEFT JOIN tasks_dispute d ON d.task_id = t.id AND d.state <> 'decided'
         WHERE (t.state = 'disputed') <> (d.id IS NOT NULL)""",
    "a known row's answer that was not graded": """
        SELECT a.id FROM tasks_answer a JOIN tasks_task t ON t.id = a.task_id
          LEFT JOIN tasks_grade g ON g.answer_id = a.id WHERE t.is_gold <> (g.answer_id IS NOT NULL)""",
    "the postings do not add up to zero": """
        SELECT sum(amount_micros) FROM marketplace_posting HAVING sum(amount_micros) <> 0""",
    "an entry does not balance": """
        SELECT entry_id FROM marketplace_posting GROUP BY 1 HAVING sum(amount_micros) <> 0""",
    "a balance is not the sum of its postings": """
        SELECT a.id FROM marketplace_account a LEFT JOIN marketplace_posting p ON p.account_id = a.id
         GROUP BY a.id HAVING a.balance_micros <> coalesce(sum(p.amount_micros), 0)""",
    "a worker earned something else than the reward of each accepted answer": """
        WITH due AS (
          SELECT w.public_id AS owner, sum(b.reward_micros) AS micros FROM tasks_assignment s
            JOIN workers_worker w ON w.id = s.worker_id JOIN marketplace_batch b ON b.id = s.batch_id
           WHERE s.state = 'accepted' GROUP BY 1),
        paid AS (SELECT owner, sum(balance_micros) AS micros FROM marketplace_account
                  WHERE kind = 'earnings' GROUP BY 1)
        SELECT * FROM due FULL JOIN paid USING (owner)
         WHERE coalesce(due.micros, 0) <> coalesce(paid.micros, 0)""",
    "an event was numbered twice or left out": """
        SELECT s.name FROM marketplace_stream s JOIN marketplace_event e ON e.stream_id = s.name
         GROUP BY s.name HAVING count(*) <> max(e.seq) OR max(e.seq) <> s.last_seq""",
}
STORED = """
SELECT s.public_id, a.value ->> 'animal' FROM tasks_answer a JOIN tasks_assignment s ON s.id = a.assignment_id
  JOIN marketplace_batch b ON b.id = s.batch_id WHERE b.public_id = %s"""
FENCES = """
SELECT s.public_id, s.fence FROM tasks_answer a JOIN tasks_assignment s ON s.id = a.assignment_id
  JOIN marketplace_batch b ON b.id = s.batch_id WHERE b.public_id = %s"""
UNPAID = "SELECT count(*) FROM tasks_assignment WHERE state = 'submitted'"


def prove(database: Database, crowd: Crowd) -> None:
    """What was acknowledged is there once, as it was sent, and nothing else; all is paid; the books hold."""
    journal = crowd.journal
    assert dict(database.rows(STORED, crowd.stage.batch)) == journal.stored
    stored_under = set(database.rows(FENCES, crowd.stage.batch))
    assert not [held for held in journal.refused if (held.assignment, held.fence) in stored_under]
    until(lambda: database.rows(UNPAID) == [(0,)], "not everything was paid")
    assert {name: found for name, sql in BROKEN.items() if (found := database.rows(sql))} == {}
    assert crashes(crowd) == {}


def crashes(crowd: Crowd) -> dict[str, int]:
    """Replies that say that something went wrong which nobody foresaw."""
    return {status: times for status, times in crowd.journal.told.items() if status in ("500", "502")}
