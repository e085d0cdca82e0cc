-- What nearly every submit writes (tasks/flow/change.py). As functions, so that it is planned once a connection: to
-- parse and plan the statements anew took longer than to run them. Their settings hold the plans still, whatever
-- size the tables had when they were made (see claim.sql). The limits tell the planner how few rows there are: it
-- takes any JSON for a hundred, and would read whole tables to join so many.

-- Each answer is stored; the referee refuses it unless its assignment is live. So only then is the assignment done;
-- it falls due for pay.
CREATE FUNCTION store_answers(
  p_worker bigint, p_batch bigint, p_answers json, p_now timestamptz, p_pay_due timestamptz) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  WITH stored AS (
    INSERT INTO tasks_answer
      (assignment_id, task_id, batch_id, worker_id, value, labels, seconds, submitted_at)
    SELECT x.assignment_id, x.task_id, p_batch, p_worker, x.value, x.labels, x.seconds, p_now
      FROM json_to_recordset(p_answers) AS x
        (assignment_id bigint, task_id bigint, value jsonb, labels smallint[], seconds float8)
     LIMIT json_array_length(p_answers)
    RETURNING assignment_id
  )
  UPDATE tasks_assignment a SET state = 'submitted', submitted_at = p_now, accept_due_at = p_pay_due
    FROM stored WHERE a.id = stored.assignment_id;
END $$;

-- Open tasks get a state, a lane and an overlap; in a lane they join they take the last place (trigger
-- task_joins_its_lane).
CREATE FUNCTION move_tasks(p_moves json) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  UPDATE tasks_task t SET state = m.state, lane = m.lane, overlap = m.overlap
    FROM (SELECT * FROM json_to_recordset(p_moves) AS x (task_id bigint, state text, lane smallint, overlap int)
           LIMIT json_array_length(p_moves)) m
   WHERE t.id = m.task_id AND t.state = 'open';
END $$;

-- Each result is written, or replaces what stands for its task and question.
CREATE FUNCTION write_consensus(p_results json, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
BEGIN
  INSERT INTO tasks_consensus AS c
    (task_id, question, value, confidence, posterior, answers_used, method, version, updated_at)
  SELECT r.task_id, r.question, r.value, r.confidence, r.posterior, r.answers_used, r.method, r.version, p_now
    FROM json_to_recordset(p_results) AS r
      (task_id bigint, question text, value jsonb, confidence float8, posterior jsonb, answers_used int,
       method text, version text)
  ON CONFLICT (task_id, question) DO UPDATE
     SET value = excluded.value, confidence = excluded.confidence, posterior = excluded.posterior,
         answers_used = excluded.answers_used, method = excluded.method, version = excluded.version,
         updated_at = excluded.updated_at;
END $$;
