-- Taking hold of what is answered: rows locked, then all there is to know of them read, in one call. Each
-- statement of a function takes its snapshot anew, so what is read is of after the last lock: no decision rests
-- on what was before it. A function also keeps its plans; made anew each time they took longer than everything
-- they do. Its settings hold them still, whatever size the tables had when they were made (see claim.sql); so does
-- looking rows up one by one, by LATERAL: no plan then can be to read an index through.

-- All that decisions on tasks need. Of each task the row, the known answer where it is gold, whether an expert's
-- answer stands (`judged`), and the answers so far in their order, each with its class codes, its value where
-- the estimators need one (questions without classes) and what is known of who gave it. Of its batch the terms,
-- and when its project and it were last fitted. `own` is what is known of p_worker.
--
-- What is known of a worker, by question: the weights of the project's last fit, or before any fit the answers
-- to gold; and how many known answers were right, of how many.
CREATE FUNCTION tasks_known(p_tasks bigint[], p_worker bigint)
RETURNS TABLE (
  batch_id bigint, project_id bigint, batch_state text, acceptance_seconds int, target_accuracy float8,
  min_overlap int, max_overlap int, reward_micros bigint, expert_reward_micros bigint, fee_ppm int,
  newest_fit timestamptz, own_fit timestamptz, own json,
  task_id bigint, is_gold boolean, task_state text, lane int, overlap int, most int, judged boolean, known json,
  answers json)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH running AS MATERIALIZED (
      SELECT b.*,
             (SELECT max(f.fitted_at) FROM tasks_fit f WHERE f.project_id = b.project_id) AS newest_fit,
             (SELECT max(f.fitted_at) FROM tasks_fit f WHERE f.batch_id = b.id) AS own_fit
        FROM marketplace_batch b
       WHERE b.id = ANY (ARRAY (
         SELECT t.batch_id FROM unnest(p_tasks) AS named (id)
          CROSS JOIN LATERAL (SELECT batch_id FROM tasks_task WHERE id = named.id OFFSET 0) AS t))
    )
    SELECT running.id, running.project_id, running.state::text, running.acceptance_seconds,
           running.target_accuracy, running.min_overlap::int, running.max_overlap::int, running.reward_micros,
           running.expert_reward_micros, running.fee_ppm, running.newest_fit, running.own_fit,
           (SELECT json_object_agg(r.question, json_build_array(
                     CASE WHEN running.newest_fit IS NULL THEN r.counts ELSE r.weights END,
                     r.gold_right, r.gold_answers))
              FROM workers_reliability r
             WHERE r.worker_id = p_worker AND r.project_id = running.project_id),
           t.id, t.is_gold, t.state::text, t.lane::int, t.overlap, t.max_overlap,
           t.state = 'resolved' AND EXISTS (
             SELECT FROM tasks_dispute d JOIN tasks_verdict v ON v.dispute_id = d.id
              WHERE d.task_id = t.id AND v.answer IS NOT NULL),
           (SELECT g.answer::json FROM tasks_goldanswer g WHERE g.task_id = t.id AND t.is_gold),
           (SELECT json_agg(json_build_array(
                     a.labels,
                     CASE WHEN -1 = ANY (a.labels) THEN a.value END,
                     (SELECT json_object_agg(r.question, json_build_array(
                               CASE WHEN running.newest_fit IS NULL THEN r.counts ELSE r.weights END,
                               r.gold_right, r.gold_answers))
                        FROM workers_reliability r
                       WHERE r.worker_id = a.worker_id AND r.project_id = running.project_id)) ORDER BY a.id)
              FROM (SELECT * FROM tasks_answer WHERE task_id = t.id OFFSET 0) AS a WHERE NOT t.is_gold)
      FROM unnest(p_tasks) AS named (id)
     CROSS JOIN LATERAL (SELECT * FROM tasks_task WHERE id = named.id OFFSET 0) AS t
      JOIN running ON running.id = t.batch_id
     ORDER BY t.id;
END $$;

-- A worker's own assignments, by their names. Those of others are left out; `stored` is the answer that stands
-- for what is answered; what is known of its task stands beside what is live. All assignments are locked before
-- any task, and the tasks in the order of their ids, as sweeps do it: whoever wants the same two waits for one
-- another, and neither for ever.
CREATE FUNCTION hold_assignments(p_worker bigint, p_names text[])
RETURNS TABLE (
  id bigint, public_id text, suite text, state text, fence int, held_project_id bigint, stored json,
  batch_id bigint, project_id bigint, batch_state text, acceptance_seconds int, target_accuracy float8,
  min_overlap int, max_overlap int, reward_micros bigint, expert_reward_micros bigint, fee_ppm int,
  newest_fit timestamptz, own_fit timestamptz, own json,
  task_id bigint, is_gold boolean, task_state text, lane int, overlap int, most int, judged boolean, known json,
  answers json)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  mine bigint[];
  live bigint[];
BEGIN
  -- by their names alone, whatever the planner thinks of how few a worker has
  mine := ARRAY (
    SELECT a.id FROM unnest(p_names) AS named (name)
     CROSS JOIN LATERAL (
       SELECT id, task_id, worker_id FROM tasks_assignment WHERE public_id = named.name OFFSET 0) AS a
     WHERE a.worker_id = p_worker ORDER BY a.task_id);
  PERFORM FROM unnest(mine) AS named (id)
    CROSS JOIN LATERAL (SELECT FROM tasks_assignment WHERE id = named.id FOR NO KEY UPDATE) AS a;
  live := ARRAY (
    SELECT a.task_id FROM unnest(mine) AS named (id)
     CROSS JOIN LATERAL (SELECT task_id, state FROM tasks_assignment WHERE id = named.id OFFSET 0) AS a
     WHERE a.state = 'claimed' ORDER BY a.task_id);
  PERFORM FROM unnest(live) AS named (id)
    CROSS JOIN LATERAL (SELECT FROM tasks_task WHERE id = named.id FOR NO KEY UPDATE) AS t;
  RETURN QUERY
    SELECT a.id, a.public_id::text, a.suite::text, a.state::text, a.fence,
           (SELECT b.project_id FROM marketplace_batch b WHERE b.id = a.batch_id),
           (SELECT s.value::json FROM tasks_answer s WHERE s.assignment_id = a.id AND a.state <> 'claimed'),
           k.*
      FROM unnest(mine) AS named (id)
     CROSS JOIN LATERAL (SELECT * FROM tasks_assignment WHERE id = named.id OFFSET 0) AS a
      LEFT JOIN tasks_known(live, p_worker) k ON k.task_id = a.task_id;
END $$;
