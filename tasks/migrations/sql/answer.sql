-- An answer comes only from whoever holds the task now, and is of the batch it was claimed in. The assignment is
-- looked up by its number alone: asked for its state as well, the planner may choose to read all that are live.
CREATE OR REPLACE FUNCTION answer_only_for_live_assignment() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  held tasks_assignment;
BEGIN
  SELECT * INTO held FROM tasks_assignment WHERE id = NEW.assignment_id FOR NO KEY UPDATE;
  IF (held.state, held.task_id, held.worker_id, held.batch_id)
      IS DISTINCT FROM ('claimed', NEW.task_id, NEW.worker_id, NEW.batch_id) THEN
    RAISE EXCEPTION 'assignment % is not live', NEW.assignment_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'answer_only_for_live_assignment';
  END IF;
  RETURN NEW;
END $$;
