"""The claim statements, and nothing else."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from marketplace.core.ids import public_id

# The head of the batch's queue that this worker neither holds nor has answered nor has skipped, leaving
# out what others are claiming at this moment. What they gave back unseen, or let run out, is offered
# again under a higher fence. Locking the task row and re-reading `wanted` under the lock is the guard; the
# CHECK on the task (through the counting trigger) and UNIQUE (worker, task) are the referees.
# The share lock on the batch makes closing wait for claims under way: no lease outlives the escrow.
_PICK = """
  SELECT t.id
    FROM tasks_task t JOIN marketplace_batch b ON b.id = t.batch_id AND b.state = 'live'
   WHERE t.batch_id = %(batch)s AND t.is_gold = {gold} AND t.wanted
     AND NOT EXISTS (
       SELECT 1 FROM tasks_assignment a
        WHERE a.worker_id = %(worker)s AND a.task_id = t.id
          AND (a.skipped OR a.state NOT IN ('returned', 'expired')))
   ORDER BY {order}
   LIMIT %(size)s
     FOR UPDATE OF t SKIP LOCKED
     FOR KEY SHARE OF b
"""
# Gold is drawn at random: a fixed order would show everybody the same first ones.
_PICK_GOLD = _PICK.format(gold="true", order="random()")
# Gold and work become rows together and in no order, so that the order of rows tells nothing.
# A worker in two tabs may have taken with one what the other has only looked at: that is left out.
_CLAIM = """
WITH picked AS ({pick}), numbered AS (
  SELECT id, row_number() OVER (ORDER BY random()) AS n
    FROM (SELECT id FROM picked UNION ALL SELECT unnest(%(gold)s::bigint[])) AS chosen
)
INSERT INTO tasks_assignment
  (public_id, task_id, batch_id, worker_id, suite, state, skipped, fence, claimed_at, lease_expires_at)
SELECT named.public_id, numbered.id, %(batch)s, %(worker)s, %(suite)s, 'claimed', false, 1, %(now)s,
       %(expires)s
  FROM numbered JOIN unnest(%(public_ids)s::text[]) WITH ORDINALITY AS named(public_id, n) USING (n)
 ORDER BY n
ON CONFLICT ON CONSTRAINT one_worker_once_per_task DO UPDATE
   SET state = 'claimed', fence = tasks_assignment.fence + 1, suite = excluded.suite,
       claimed_at = excluded.claimed_at, lease_expires_at = excluded.lease_expires_at
 WHERE tasks_assignment.state IN ('returned', 'expired')
RETURNING id
"""
_CLAIM_WITH_WORK = _CLAIM.format(pick=_PICK.format(gold="false", order="t.place"))
_HAS_WORK = """
SELECT EXISTS (
  SELECT 1 FROM tasks_task t
   WHERE t.batch_id = %s AND NOT t.is_gold AND t.wanted
     AND NOT EXISTS (
       SELECT 1 FROM tasks_assignment a
        WHERE a.worker_id = %s AND a.task_id = t.id
          AND (a.skipped OR a.state NOT IN ('returned', 'expired'))))
"""


def hold_batch(batch_id: int) -> str:
    """The state of a batch, which cannot be closed until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM marketplace_batch WHERE id = %s FOR KEY SHARE", [batch_id])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def has_work(*, batch_id: int, worker_id: int) -> bool:
    """Whether a batch has a task that is not gold and that this worker may be offered."""
    with connection.cursor() as cursor:
        cursor.execute(_HAS_WORK, [batch_id, worker_id])
        row = cursor.fetchone()
    return bool(row and row[0])


def pick_gold(*, batch_id: int, worker_id: int, size: int) -> list[int]:
    """Up to `size` gold tasks (ids) that this worker may be offered, locked until the transaction ends."""
    if size <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PICK_GOLD, {"batch": batch_id, "worker": worker_id, "size": size})
        return [row[0] for row in cursor.fetchall()]


def claim_rows(
    *,
    batch_id: int,
    worker_id: int,
    gold: list[int],
    size: int,
    suite: str,
    moment: dt.datetime,
    lease: dt.timedelta,
) -> list[int]:
    """Lease the picked `gold` and up to `size` tasks of work to a worker; returns the new assignments' ids.

    Inside the caller's transaction. The rows of the tasks stay locked until it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM_WITH_WORK,
            {
                "batch": batch_id,
                "worker": worker_id,
                "gold": gold,
                "size": size,
                "suite": suite,
                "now": moment,
                "expires": moment + lease,
                "public_ids": [public_id() for _ in range(size + len(gold))],
            },
        )
        return [row[0] for row in cursor.fetchall()]
