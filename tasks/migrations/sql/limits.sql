-- How much may be held at once: by a worker, by a vendor's team, and by one worker of one batch. The referee
-- looks after each claim, whoever wrote it and by whatever statement.
--
-- A worker's claims take turns at the advisory lock, so that each sees what the one before it has taken, whatever
-- batch that was in: each statement of a function takes its snapshot anew. The lock comes last in a claim, so
-- nobody who holds it waits for a task. A team's number is the one its sweep saw a moment ago: counted here, all
-- claims of a team would wait for one another.
CREATE FUNCTION require_room_for_leases(who bigint, what bigint, given int) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off
AS $$
DECLARE
  found record;
  holds bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(4, (who & 2147483647)::int);
  SELECT w.most_leases, v.most_leases AS of_team, v.leases_seen AS team_holds, b.most_per_worker INTO found
    FROM workers_worker w
   CROSS JOIN marketplace_batch b
    LEFT JOIN workers_teammember m ON m.worker_id = w.id
    LEFT JOIN workers_vendor v ON v.id = m.vendor_id
   WHERE w.id = who AND b.id = what;
  -- in the order of the index of what is held: no other index gives it without a sort
  SELECT count(*) INTO holds
    FROM (SELECT FROM tasks_assignment WHERE worker_id = who AND state = 'claimed'
           ORDER BY claimed_at OFFSET 0) AS held;
  IF holds > found.most_leases THEN
    RAISE EXCEPTION 'worker % would hold % of at most % tasks', who, holds, found.most_leases
      USING ERRCODE = 'check_violation', CONSTRAINT = 'worker_holds_no_more_than_allowed';
  END IF;
  IF found.team_holds >= found.of_team THEN
    RAISE EXCEPTION 'the team of worker % holds % of at most % tasks', who, found.team_holds, found.of_team
      USING ERRCODE = 'check_violation', CONSTRAINT = 'team_holds_no_more_than_allowed';
  END IF;
  IF found.most_per_worker IS NOT NULL AND given > 0 THEN
    INSERT INTO tasks_ration AS r (worker_id, batch_id, taken, most)
    VALUES (who, what, given, found.most_per_worker)
    ON CONFLICT ON CONSTRAINT one_ration_per_worker_and_batch
    DO UPDATE SET taken = r.taken + excluded.taken, most = excluded.most;
  END IF;
END $$;

CREATE FUNCTION leases_within_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM require_room_for_leases(taken.worker_id, taken.batch_id, taken.n)
     FROM (SELECT worker_id, batch_id, count(*)::int AS n FROM claimed WHERE state = 'claimed'
            GROUP BY worker_id, batch_id ORDER BY worker_id, batch_id) AS taken;
  RETURN NULL;
END $$;
CREATE TRIGGER leases_within_limits AFTER INSERT ON tasks_assignment
  REFERENCING NEW TABLE AS claimed FOR EACH STATEMENT EXECUTE FUNCTION leases_within_limits();

-- What was claimed before, and given back or lost, counts for a ration once.
CREATE FUNCTION lease_within_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM require_room_for_leases(
    NEW.worker_id, NEW.batch_id, (OLD.state = 'returned' AND NOT OLD.skipped)::int);
  RETURN NULL;
END $$;
CREATE TRIGGER lease_within_limits AFTER UPDATE OF state ON tasks_assignment FOR EACH ROW
  WHEN (NEW.state = 'claimed' AND OLD.state <> 'claimed') EXECUTE FUNCTION lease_within_limits();

-- By its name after assignment_counts_on_task: a ration is locked last.
CREATE FUNCTION assignment_gives_ration_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tasks_ration SET taken = taken - 1
   WHERE worker_id = NEW.worker_id AND batch_id = NEW.batch_id AND taken > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER assignment_gives_ration_back AFTER UPDATE OF state ON tasks_assignment FOR EACH ROW
  WHEN (OLD.state = 'claimed' AND NEW.state = 'returned' AND NOT NEW.skipped)
  EXECUTE FUNCTION assignment_gives_ration_back();
