"""The statements that make and count offers, and nothing else.

Each look goes through an index and ends after a fixed number of rows. The offers are locked in the order of
their age and passed over where another sweep has them, so that two sweeps share the work.
"""

from __future__ import annotations

from tasks.pool.models import Lane

MOST_COUNTED = 1000  # beyond this it is "1,000 and more"
STEPS = (1, 10, 20, 50, 100, 200, 500, 1000)  # the numbers that are shown
# A number is blurred by up to a quarter before it is rounded down, so that one that crosses a step says
# nothing of whoever claimed last.
BLUR = 0.25
NEWEST = 100  # answers that say how long one takes
PACE = 20  # answers that say how fast they come
SHORT = 100  # tasks of which something that comes back matters soon

# For one transaction: what the planner believes of these tables may be from when they were empty.
HOLD_THE_PLAN = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"""

_OPEN = """
INSERT INTO tasks_offer
  (batch_id, most_per_worker, hourly_micros, seconds_per_task, measured, tasks_left, work_left,
   near_place, begun_place, fresh_place, newest_answer, waits_seconds, lot, refreshed_at)
SELECT b.id, b.most_per_worker, 0, 1, false, 0, 0, 0, 0, 0, 0, 0, 0, '-infinity'
  FROM marketplace_batch b
 WHERE b.state = 'live' AND {which}
ON CONFLICT DO NOTHING
"""
OPEN_ONE = _OPEN.format(which="b.id = %(batch)s")
OPEN_MISSING = _OPEN.format(which="NOT EXISTS (SELECT FROM tasks_offer o WHERE o.batch_id = b.id OFFSET 0)")
WITHDRAW_LEFT_OVER = """
DELETE FROM tasks_offer o
 WHERE NOT EXISTS (
   SELECT FROM marketplace_batch b WHERE b.id = o.batch_id AND b.state = 'live' OFFSET 0)
"""

_WANTED = "FROM tasks_task t WHERE t.batch_id = o.batch_id AND t.wanted AND"
_LAST = "coalesce((SELECT t.place {} NOT t.is_gold AND t.lane = {} ORDER BY t.place DESC LIMIT 1), 0)"
_ANSWERS = "FROM tasks_answer a WHERE a.batch_id = o.batch_id ORDER BY a.id DESC LIMIT "
_NEWEST_ANSWER = f"coalesce((SELECT a.id {_ANSWERS} 1), 0)"

_COUNT = """
WITH chosen AS MATERIALIZED (
  SELECT o.batch_id FROM tasks_offer o
   WHERE {which}
   ORDER BY o.refreshed_at LIMIT %(step)s FOR NO KEY UPDATE SKIP LOCKED
), counted AS MATERIALIZED (
  SELECT o.batch_id, b.most_per_worker, b.reward_micros, c.priority,
         (SELECT count(*) FROM (SELECT {work} LIMIT {most}) w) AS work,
         (SELECT count(*) FROM (SELECT {gold} LIMIT {most}) w) AS gold,
         {near} AS near_place, {begun} AS begun_place, {fresh} AS fresh_place,
         {newest_answer} AS newest_answer,
         takes.seconds IS NOT NULL AS measured,
         greatest(1, round(coalesce(takes.seconds, b.seconds_per_task)))::int AS seconds,
         extract(epoch FROM %(now)s - coalesce(pace.since, b.launched_at, b.created_at))::float8
           / greatest(pace.n, 1) AS gap
    FROM chosen o
   CROSS JOIN LATERAL (SELECT * FROM marketplace_batch WHERE id = o.batch_id OFFSET 0) AS b
   CROSS JOIN LATERAL (SELECT * FROM marketplace_project WHERE id = b.project_id OFFSET 0) AS p
   CROSS JOIN LATERAL (SELECT * FROM marketplace_client WHERE id = p.client_id OFFSET 0) AS c
   CROSS JOIN LATERAL (
     SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY newest.seconds) AS seconds
       FROM (SELECT a.seconds {newest}) AS newest) AS takes
   CROSS JOIN LATERAL (
     SELECT count(*) AS n, min(newest.submitted_at) AS since
       FROM (SELECT a.submitted_at {pace}) AS newest) AS pace
), weighed AS MATERIALIZED (
  SELECT *, greatest(gap, 1) * least(work + gold, {most}) AS waits,
         (work + gold) * exp({blur} * (2 * random() - 1)) AS about
    FROM counted
)
UPDATE tasks_offer o
   SET most_per_worker = w.most_per_worker, measured = w.measured, seconds_per_task = w.seconds,
       hourly_micros = w.reward_micros * 3600 / w.seconds,
       tasks_left = CASE
         WHEN w.work + w.gold = 0 THEN 0
         WHEN w.work >= {most} THEN {most}
         ELSE (SELECT max(step) FROM unnest(%(steps)s::int[]) AS step WHERE step <= greatest(w.about, 1)) END,
       work_left = w.work, near_place = w.near_place, begun_place = w.begun_place,
       fresh_place = w.fresh_place, newest_answer = w.newest_answer, waits_seconds = w.waits,
       -- of several such draws each is the smallest in proportion to its weight
       lot = -ln(1 - random()) / (greatest(w.waits, 1) * w.priority),
       refreshed_at = %(now)s
  FROM weighed w WHERE o.batch_id = w.batch_id
"""
_PARTS = {
    "work": _WANTED + " NOT t.is_gold",
    "gold": _WANTED + " t.is_gold",
    "near": _LAST.format(_WANTED, Lane.NEAR.value),
    "begun": _LAST.format(_WANTED, Lane.BEGUN.value),
    "fresh": _LAST.format(_WANTED, Lane.FRESH.value),
    "newest_answer": _NEWEST_ANSWER,
    "newest": _ANSWERS + str(NEWEST),
    "pace": _ANSWERS + str(PACE),
    "most": MOST_COUNTED,
    "blur": BLUR,
}
COUNT_ONE = _COUNT.format(which="o.batch_id = %(batch)s", **_PARTS)
# What was counted in the future, by a clock that was put back since, is counted again too.
COUNT_CHANGED = _COUNT.format(
    which=f"""o.refreshed_at > %(future)s
      OR o.refreshed_at < %(old)s
      OR (o.refreshed_at < %(old_when_short)s AND o.work_left < {SHORT})
      OR (o.refreshed_at < %(rested)s AND o.newest_answer <> {_NEWEST_ANSWER})""",
    **_PARTS,
)
