CREATE OR REPLACE FUNCTION answer_only_for_live_assignment() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM 1 FROM tasks_assignment
    WHERE id = NEW.assignment_id AND task_id = NEW.task_id AND worker_id = NEW.worker_id
      AND state = 'claimed'
    FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'assignment % is not live', NEW.assignment_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'answer_only_for_live_assignment';
  END IF;
  RETURN NEW;
END $$;
