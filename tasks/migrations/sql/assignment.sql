-- A task's counters follow its assignments, whoever writes them and by whatever statement;
-- the CHECK never_more_answers_than_overlap on the task then refuses the one too many.
CREATE FUNCTION assignment_counts_on_task() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  live_step int := 0;
  answer_step int := 0;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    live_step := live_step - (OLD.state = 'claimed')::int;
    answer_step := answer_step - (OLD.state IN ('submitted', 'accepted'))::int;
  END IF;
  live_step := live_step + (NEW.state = 'claimed')::int;
  answer_step := answer_step + (NEW.state IN ('submitted', 'accepted'))::int;
  IF live_step <> 0 OR answer_step <> 0 THEN
    UPDATE tasks_task
       SET live_count = live_count + live_step, answers_count = answers_count + answer_step
     WHERE id = NEW.task_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER assignment_counts_on_task AFTER INSERT OR UPDATE OF state ON tasks_assignment
  FOR EACH ROW EXECUTE FUNCTION assignment_counts_on_task();

-- An answer comes only from whoever holds the task now.
CREATE FUNCTION answer_only_for_live_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER answer_only_for_live_assignment BEFORE INSERT ON tasks_answer
  FOR EACH ROW EXECUTE FUNCTION answer_only_for_live_assignment();

-- What was answered stays as it was answered.
CREATE FUNCTION answer_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'answers are never changed or deleted'
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'answer_is_final';
END $$;
CREATE TRIGGER answer_is_final BEFORE UPDATE OR DELETE ON tasks_answer
  FOR EACH ROW EXECUTE FUNCTION answer_is_final();
