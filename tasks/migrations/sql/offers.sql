-- The crowd's page, in the database: planned once a connection, and held still by its settings, for the plan may be
-- made when there are five offers and used when there are five thousand (see claim.sql).
--
-- Left out is a batch whose queue this worker's bookmark has passed: nothing is ahead of it until something comes
-- back or is begun, which goes to the end of its lane. An EXISTS with OFFSET 0 is one look-up per offer walked, never
-- a hash of everything a worker ever did.
--
-- Live batches for a worker: p_paid of them by hourly pay, after the place (p_hourly, p_batch), and, where that was not
-- all, p_waiting of the others by lot. `more`: whether others follow by pay.
CREATE FUNCTION crowds_page(p_worker bigint, p_hourly bigint, p_batch text, p_paid int, p_waiting int)
RETURNS TABLE (
  batch text, project_name text, title text, reward_micros bigint, currency text, tasks_left int,
  seconds_per_task int, hourly_micros bigint, measured boolean, waiting boolean, more boolean)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH paid AS MATERIALIZED (
    SELECT o.* FROM tasks_offer o
     WHERE o.work_left > 0
       AND NOT EXISTS (
             SELECT FROM tasks_bookmark k
              WHERE k.worker_id = p_worker AND k.batch_id = o.batch_id AND k.near_place >= o.near_place
                AND k.begun_place >= o.begun_place AND k.fresh_place >= o.fresh_place OFFSET 0)
       AND (o.most_per_worker IS NULL OR NOT EXISTS (
             SELECT FROM tasks_ration r
              WHERE r.worker_id = p_worker AND r.batch_id = o.batch_id
                AND r.taken >= o.most_per_worker OFFSET 0))
       AND (o.hourly_micros, o.batch_id) < (
             p_hourly,
             coalesce((SELECT b.id FROM marketplace_batch b WHERE b.public_id = p_batch), 9223372036854775807))
     ORDER BY o.hourly_micros DESC, o.batch_id DESC LIMIT p_paid + 1
  ), shown AS MATERIALIZED (
    SELECT * FROM paid ORDER BY paid.hourly_micros DESC, paid.batch_id DESC LIMIT p_paid
  ), waiting AS MATERIALIZED (
    SELECT o.* FROM tasks_offer o
     WHERE (SELECT count(*) FROM paid) > p_paid  -- else everything is shown already
       AND o.work_left > 0
       AND NOT EXISTS (
             SELECT FROM tasks_bookmark k
              WHERE k.worker_id = p_worker AND k.batch_id = o.batch_id AND k.near_place >= o.near_place
                AND k.begun_place >= o.begun_place AND k.fresh_place >= o.fresh_place OFFSET 0)
       AND (o.most_per_worker IS NULL OR NOT EXISTS (
             SELECT FROM tasks_ration r
              WHERE r.worker_id = p_worker AND r.batch_id = o.batch_id
                AND r.taken >= o.most_per_worker OFFSET 0))
       AND o.batch_id NOT IN (SELECT shown.batch_id FROM shown)
     ORDER BY o.lot LIMIT p_waiting
  )
  SELECT b.public_id::text, p.name::text,
         coalesce(nullif(btrim(p.question ->> 'title'), ''), p.question ->> 'name'),
         b.reward_micros, b.currency::text, o.tasks_left, o.seconds_per_task, o.hourly_micros, o.measured,
         o.waiting, (SELECT count(*) FROM paid) > p_paid
    FROM (SELECT *, false AS waiting FROM shown UNION ALL SELECT *, true FROM waiting) AS o
   CROSS JOIN LATERAL (
     SELECT * FROM marketplace_batch WHERE id = o.batch_id AND state = 'live' OFFSET 0) AS b
   CROSS JOIN LATERAL (
     SELECT name, schema #> '{questions,0}' AS question FROM marketplace_project
      WHERE id = b.project_id OFFSET 0) AS p
   ORDER BY o.waiting, CASE WHEN o.waiting THEN o.lot ELSE -o.hourly_micros END, -o.batch_id;
END $$;
