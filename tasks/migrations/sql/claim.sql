-- Claiming, in the database. A function keeps the plans of its statements as long as a connection lives, whoever
-- pools it; planned anew each time they took three quarters of a claim. Its settings hold those plans still, for
-- they may be made while the tables are empty and used when they hold millions. So do shapes that look
-- roundabout: an EXISTS with OFFSET 0 never becomes a hash of everything a worker ever did, a LATERAL look-up by
-- address (ctid) is never another kind of join, and a MATERIALIZED list is read only as far as somebody asks.
--
-- What a worker holds, has answered or has passed on is not offered to them; what they gave back unseen or let
-- run out is, under a higher fence. Reading `wanted` again under the task's lock is the guard; the CHECK on the
-- task (through the counting trigger) and UNIQUE (worker, task) are the referees.

-- Who claims what, and on which terms. Locks the worker's bookmark until the transaction ends: whatever comes
-- after sees what the worker's other tab has taken. The share lock on the batch lets closing wait for claims under
-- way: no lease outlives the escrow. A new bookmark begins the fresh lane about where others have come to: all
-- that lies before is taken, but stays in the index until it is swept.
--
-- `others_first`: by their answers this worker tells less than p_enough (see Reliability.tells) on every question,
-- and among the newest answers are some, given since p_since, of others who tell more or are not known yet.
CREATE FUNCTION claim_context(p_worker bigint, p_batch text, p_enough float8, p_since timestamptz)
RETURNS TABLE (
  batch_id bigint, state text, suite_size int, gold_share float8, places bigint, bookmark_id bigint, taken bigint,
  others_first boolean, graded jsonb,
  batch text, project_id bigint, project_name text, guideline_id bigint, lease_seconds int, reward_micros bigint,
  currency text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
  source marketplace_batch;
  mark tasks_bookmark;
BEGIN
  SELECT * INTO source FROM marketplace_batch WHERE public_id = p_batch FOR KEY SHARE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF source.state = 'live' THEN
    SELECT * INTO mark FROM tasks_bookmark
     WHERE batch_id = source.id AND worker_id = p_worker FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      INSERT INTO tasks_bookmark AS held (worker_id, batch_id, fresh_place)
      SELECT p_worker, source.id, coalesce(max(newest.fresh_place), 0)
        FROM (SELECT fresh_place FROM tasks_bookmark
               WHERE batch_id = source.id ORDER BY worker_id DESC LIMIT 16) AS newest
      ON CONFLICT ON CONSTRAINT one_bookmark_per_worker_and_batch DO UPDATE SET taken = held.taken
      RETURNING held.* INTO mark;
    END IF;
  END IF;
  RETURN QUERY
    SELECT source.id, source.state::text, source.suite_size::int, source.gold_share,
           (SELECT d.rows_count FROM marketplace_dataset d WHERE d.id = source.dataset_id), mark.id, mark.taken,
           CASE WHEN (SELECT max(coalesce(r.tells, p_enough)) FROM workers_reliability r
                       WHERE r.worker_id = p_worker AND r.project_id = source.project_id) < p_enough
             THEN EXISTS (
               -- by batch and number: only the index of both gives that order without a sort
               SELECT FROM (SELECT a.batch_id, a.worker_id, a.submitted_at FROM tasks_answer a
                             WHERE a.batch_id <= source.id ORDER BY a.batch_id DESC, a.id DESC LIMIT 20) AS newest
                WHERE newest.batch_id = source.id
                  AND newest.worker_id <> p_worker AND newest.submitted_at > p_since
                  AND coalesce((SELECT max(coalesce(r.tells, p_enough)) FROM workers_reliability r
                                 WHERE r.worker_id = newest.worker_id AND r.project_id = source.project_id),
                               p_enough) >= p_enough)
             ELSE false END,
           (SELECT jsonb_agg(jsonb_build_array(r.question, r.gold_right, r.gold_answers))
              FROM workers_reliability r WHERE r.worker_id = p_worker AND r.project_id = source.project_id),
           source.public_id::text, p.id, p.name::text,
           (SELECT g.id FROM marketplace_guideline g
             WHERE g.project_id = p.id ORDER BY g.version DESC LIMIT 1),
           source.lease_seconds, source.reward_micros, source.currency::text
      FROM marketplace_project p WHERE p.id = source.project_id;
END $$;

-- Take from a begun lane, beyond the bookmark's place, up to so many tasks; tells where the bookmark comes to
-- stand. It never passes a task that this worker may have and another holds locked just now. The walk ends
-- after sixteen tasks more than are needed.
CREATE FUNCTION claim_from_lane(
  p_worker bigint, p_batch bigint, p_lane smallint, p_needed int, INOUT place bigint, OUT tasks tasks_task[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  p_after bigint := place;
BEGIN
  WITH ahead AS MATERIALIZED (
    SELECT id, place, ctid AS address FROM tasks_task
     WHERE batch_id = p_batch AND NOT is_gold AND lane = p_lane AND wanted AND place > p_after
     ORDER BY place LIMIT p_needed + 16
  ), open AS MATERIALIZED (
    SELECT * FROM ahead
     WHERE NOT EXISTS (
       SELECT FROM tasks_assignment
        WHERE worker_id = p_worker AND task_id = ahead.id
          AND (skipped OR state NOT IN ('returned', 'expired')) OFFSET 0)
  ), taken AS MATERIALIZED (
    SELECT open.id, open.place, locked.task
      FROM open CROSS JOIN LATERAL (
        SELECT t AS task FROM tasks_task t
         WHERE t.ctid = open.address AND t.wanted FOR NO KEY UPDATE SKIP LOCKED) AS locked
     LIMIT p_needed
  ), counted AS MATERIALIZED (
    SELECT count(*) AS n, count(*) >= p_needed AS enough, max(place) AS last, array_agg(task) AS tasks
      FROM taken
  ), passed AS MATERIALIZED (
    -- of the first n that were open, n are taken unless some were passed over
    SELECT min(place) AS place
      FROM (SELECT * FROM open LIMIT (SELECT CASE WHEN enough THEN n END FROM counted)) AS seen
     WHERE id NOT IN (SELECT id FROM taken)
  )
  SELECT coalesce(counted.tasks, '{}'),
         coalesce(passed.place - 1,
                  CASE WHEN enough THEN last ELSE (SELECT max(place) FROM ahead) END,
                  p_after)
    INTO tasks, place
    FROM counted, passed;
END $$;

-- Read the whole queue again, a little at a time, from where the last such reading ended and round its end; tells
-- where this one did.
CREATE FUNCTION claim_again(
  p_worker bigint, p_batch bigint, p_needed int, INOUT lane smallint, INOUT place bigint, OUT tasks tasks_task[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  p_lane smallint := lane;
  p_after bigint := place;
BEGIN
  WITH walk AS MATERIALIZED (
    (SELECT id, lane, place, ctid AS address FROM tasks_task
      WHERE batch_id = p_batch AND NOT is_gold AND wanted AND (lane, place) > (p_lane, p_after)
      ORDER BY lane, place LIMIT 64)
    UNION ALL
    (SELECT id, lane, place, ctid AS address FROM tasks_task
      WHERE batch_id = p_batch AND NOT is_gold AND wanted AND (lane, place) <= (p_lane, p_after)
      ORDER BY lane, place LIMIT 64)
    LIMIT 64
  ), taken AS MATERIALIZED (
    SELECT walk.lane, walk.place, locked.task
      FROM walk CROSS JOIN LATERAL (
        SELECT t AS task FROM tasks_task t
         WHERE t.ctid = walk.address AND t.wanted FOR NO KEY UPDATE SKIP LOCKED) AS locked
     WHERE NOT EXISTS (
       SELECT FROM tasks_assignment
        WHERE worker_id = p_worker AND task_id = walk.id
          AND (skipped OR state NOT IN ('returned', 'expired')) OFFSET 0)
     LIMIT p_needed
  ), counted AS MATERIALIZED (
    SELECT count(*) AS n, array_agg(task) AS tasks FROM taken
  ), reached AS MATERIALIZED (
    (SELECT lane, place FROM taken WHERE (SELECT n FROM counted) = p_needed OFFSET p_needed - 1)
    UNION ALL
    (SELECT lane, place FROM walk WHERE (SELECT n FROM counted) < p_needed
     OFFSET (SELECT greatest(count(*) - 1, 0) FROM walk))
    LIMIT 1
  )
  SELECT coalesce(counted.tasks, '{}'), coalesce(reached.lane, p_lane), coalesce(reached.place, p_after)
    INTO tasks, lane, place
    FROM counted LEFT JOIN reached ON true;
END $$;

-- One gold task that this worker has not had and that is not among those drawn already, from a place on and round
-- the end of the batch. Each is drawn for itself, from a place at random, so nobody can foresee or share an order,
-- nor tell gold by what comes together. The walk ends after sixteen.
CREATE FUNCTION claim_gold(p_worker bigint, p_batch bigint, p_place bigint, p_drawn bigint[]) RETURNS tasks_task
LANGUAGE plpgsql AS $$
DECLARE
  found tasks_task;
BEGIN
  SELECT (locked.task).* INTO found
    FROM ((SELECT id, ctid AS address FROM tasks_task
            WHERE batch_id = p_batch AND is_gold AND lane = 0 AND wanted AND place >= p_place
            ORDER BY place LIMIT 16)
          UNION ALL
          (SELECT id, ctid AS address FROM tasks_task
            WHERE batch_id = p_batch AND is_gold AND lane = 0 AND wanted AND place < p_place
            ORDER BY place LIMIT 16)
          LIMIT 16) AS walk
   CROSS JOIN LATERAL (
     SELECT t AS task FROM tasks_task t
      WHERE t.ctid = walk.address AND t.wanted FOR NO KEY UPDATE SKIP LOCKED) AS locked
   WHERE walk.id <> ALL (p_drawn)
     AND NOT EXISTS (
       SELECT FROM tasks_assignment
        WHERE worker_id = p_worker AND task_id = walk.id
          AND (skipped OR state NOT IN ('returned', 'expired')) OFFSET 0)
   LIMIT 1;
  RETURN found;
END $$;

-- Lease up to p_size tasks to the worker whose bookmark this is, one of them gold for each place in p_gold: what
-- is nearly settled first, then what is begun, then what nobody has had; where nothing is ahead, what lies behind.
-- Nothing where there is no work. The caller's transaction holds the bookmark and the batch (claim_context).
CREATE FUNCTION claim_suite(
  p_bookmark bigint, p_size int, p_gold bigint[], p_suite text, p_public_ids text[], p_now timestamptz,
  p_expires timestamptz)
RETURNS TABLE (public_id text, fence int, task text, data jsonb)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  mark tasks_bookmark;
  gold tasks_task[] := '{}';
  drawn bigint[] := '{}';
  work tasks_task[];
  more tasks_task[];
  one tasks_task;
  drawn_place bigint;
  needed int;
BEGIN
  SELECT * INTO STRICT mark FROM tasks_bookmark WHERE id = p_bookmark;
  FOREACH drawn_place IN ARRAY p_gold LOOP
    one := claim_gold(mark.worker_id, mark.batch_id, drawn_place, drawn);
    IF one.id IS NOT NULL THEN
      gold := gold || one;
      drawn := drawn || one.id;
    END IF;
  END LOOP;

  -- gold alone would give itself away: it takes the last place only where there is work as well
  needed := greatest(p_size - cardinality(gold), 1);
  SELECT * INTO mark.near_place, work
    FROM claim_from_lane(mark.worker_id, mark.batch_id, 2::smallint, needed, mark.near_place);
  IF cardinality(work) < needed THEN
    SELECT * INTO mark.begun_place, more
      FROM claim_from_lane(
        mark.worker_id, mark.batch_id, 1::smallint, needed - cardinality(work), mark.begun_place);
    work := work || more;
  END IF;
  IF cardinality(work) < needed THEN
    -- nobody has had what is fresh, so nothing is asked of it but to be free
    SELECT coalesce(max(free.place), mark.fresh_place), coalesce(array_agg(free), '{}')
      INTO mark.fresh_place, more
      FROM (SELECT * FROM tasks_task
             WHERE batch_id = mark.batch_id AND NOT is_gold AND lane = 0 AND wanted AND place > mark.fresh_place
             ORDER BY place LIMIT needed - cardinality(work) FOR NO KEY UPDATE SKIP LOCKED) AS free;
    work := work || more;
  END IF;
  IF work = '{}' THEN
    SELECT * INTO mark.again_lane, mark.again_place, work
      FROM claim_again(mark.worker_id, mark.batch_id, needed, mark.again_lane, mark.again_place);
  END IF;

  -- a short suite has gold in proportion
  gold := gold[1:floor(cardinality(gold) * cardinality(work)::float8 / needed + random())::int];
  IF cardinality(gold) = p_size THEN
    work := '{}';  -- only looked at, so the bookmark stays before it
    UPDATE tasks_bookmark SET taken = taken + p_size WHERE id = p_bookmark;
  ELSE
    UPDATE tasks_bookmark
       SET near_place = mark.near_place, begun_place = mark.begun_place, fresh_place = mark.fresh_place,
           again_lane = mark.again_lane, again_place = mark.again_place,
           taken = taken + cardinality(gold) + cardinality(work)
     WHERE id = p_bookmark;
  END IF;

  -- gold and work become rows together and in no order, so that the order of rows tells nothing
  RETURN QUERY
    WITH chosen AS MATERIALIZED (
      SELECT t.id, t.public_id, t.row_id, row_number() OVER (ORDER BY random()) AS n FROM unnest(gold || work) AS t
    ), leased AS (
      INSERT INTO tasks_assignment AS held
        (public_id, task_id, batch_id, worker_id, suite, state, skipped, fence, claimed_at, lease_expires_at)
      SELECT p_public_ids[n], id, mark.batch_id, mark.worker_id, p_suite, 'claimed', false, 1, p_now, p_expires
        FROM chosen ORDER BY n
      ON CONFLICT ON CONSTRAINT one_worker_once_per_task DO UPDATE
         SET state = 'claimed', skipped = false, fence = held.fence + 1, suite = excluded.suite,
             claimed_at = excluded.claimed_at, lease_expires_at = excluded.lease_expires_at
       WHERE held.state IN ('returned', 'expired')
      RETURNING held.public_id, held.fence, held.task_id
    )
    SELECT leased.public_id::text, leased.fence, chosen.public_id::text,
           (SELECT r.data FROM marketplace_row r WHERE r.id = chosen.row_id)
      FROM leased JOIN chosen ON chosen.id = leased.task_id ORDER BY random();
END $$;

-- Lease one named task, or tell why not. Looked at before it is locked: a refusal, the commonest reply of a batch
-- near its end, writes nothing. Then the batch is locked before the task, as closing does it, and everything is
-- asked again.
CREATE FUNCTION claim_task(p_worker bigint, p_task text, p_suite text, p_public_id text, p_now timestamptz)
RETURNS TABLE (
  refusal text, public_id text, fence int, expires timestamptz, data jsonb,
  batch text, project_id bigint, project_name text, guideline_id bigint, lease_seconds int, reward_micros bigint,
  currency text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  asked tasks_task;
  source marketplace_batch;
  had text;
  hold boolean;
BEGIN
  FOREACH hold IN ARRAY ARRAY[false, true] LOOP
    IF hold THEN
      PERFORM FROM marketplace_batch WHERE id = asked.batch_id FOR KEY SHARE;
      PERFORM FROM tasks_task WHERE id = asked.id FOR NO KEY UPDATE;
    END IF;
    SELECT * INTO asked FROM tasks_task WHERE public_id = p_task;
    SELECT * INTO source FROM marketplace_batch WHERE id = asked.batch_id;
    SELECT state INTO had FROM tasks_assignment WHERE worker_id = p_worker AND task_id = asked.id;
    refusal := CASE
      WHEN asked.id IS NULL THEN 'not_found'
      WHEN had NOT IN ('returned', 'expired') THEN 'already_yours'
      WHEN asked.state <> 'open' OR asked.answers_count >= asked.max_overlap THEN 'task_settled'
      WHEN source.state <> 'live' THEN 'batch_not_live'
      WHEN NOT asked.wanted THEN 'task_fully_leased' END;
    IF refusal IS NOT NULL THEN
      RETURN NEXT;
      RETURN;
    END IF;
  END LOOP;
  RETURN QUERY
    WITH leased AS (
      INSERT INTO tasks_assignment AS held
        (public_id, task_id, batch_id, worker_id, suite, state, skipped, fence, claimed_at, lease_expires_at)
      VALUES (p_public_id, asked.id, source.id, p_worker, p_suite, 'claimed', false, 1, p_now,
              p_now + source.lease_seconds * interval '1 second')
      ON CONFLICT ON CONSTRAINT one_worker_once_per_task DO UPDATE
         SET state = 'claimed', skipped = false, fence = held.fence + 1, suite = excluded.suite,
             claimed_at = excluded.claimed_at, lease_expires_at = excluded.lease_expires_at
      RETURNING held.public_id, held.fence, held.lease_expires_at
    )
    SELECT NULL, leased.public_id::text, leased.fence, leased.lease_expires_at,
           (SELECT r.data FROM marketplace_row r WHERE r.id = asked.row_id),
           source.public_id::text, p.id, p.name::text,
           (SELECT g.id FROM marketplace_guideline g
             WHERE g.project_id = p.id ORDER BY g.version DESC LIMIT 1),
           source.lease_seconds, source.reward_micros, source.currency::text
      FROM leased, marketplace_project p WHERE p.id = source.project_id;
END $$;
