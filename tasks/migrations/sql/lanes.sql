-- Places in the begun lanes come from here. It begins beyond every place given at launch.
CREATE SEQUENCE tasks_task_place;
SELECT setval('tasks_task_place', greatest((SELECT max(place) FROM tasks_task), 1));

-- What somebody has had is no longer fresh.
UPDATE tasks_task t SET lane = 1
 WHERE NOT is_gold AND EXISTS (SELECT FROM tasks_assignment a WHERE a.task_id = t.id);

-- A task that comes into a begun lane takes its place at the end, ahead of every bookmark: when its first
-- claim leaves it wanted, when it is wanted again, when it changes lanes, and when somebody gives it back
-- (who may be offered it once more, wherever their bookmark stands). Otherwise a claim or an answer leaves it
-- where it waits, so the oldest is finished first and most changes touch no index.
CREATE FUNCTION task_joins_its_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.lane := greatest(NEW.lane, 1);  -- somebody has had it
  NEW.place := nextval('tasks_task_place');
  RETURN NEW;
END $$;
CREATE TRIGGER task_joins_its_lane
  BEFORE UPDATE OF state, overlap, answers_count, live_count, lane ON tasks_task FOR EACH ROW
  WHEN (
    NOT NEW.is_gold AND NEW.state = 'open' AND NEW.overlap > NEW.answers_count + NEW.live_count
    AND (NOT OLD.wanted
      OR NEW.lane <> OLD.lane
      OR (OLD.lane = 0 AND NEW.answers_count + NEW.live_count > 0)
      OR (NEW.live_count < OLD.live_count AND NEW.answers_count = OLD.answers_count)))
  EXECUTE FUNCTION task_joins_its_lane();

-- Which plan these triggers keep is settled while tables may be empty (see claim.sql).
ALTER FUNCTION assignment_counts_on_task() SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION assignment_counts_on_task() SET enable_seqscan = off;
ALTER FUNCTION answer_only_for_live_assignment() SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION answer_only_for_live_assignment() SET enable_seqscan = off;

-- Names are only ever looked up whole: the second index that Django makes for LIKE would cost every claim.
DROP INDEX IF EXISTS tasks_task_public_id_21d971ba_like, tasks_assignment_public_id_e384a3a8_like;

-- A queue leaves dead rows behind; swept early they are few, and room on the page keeps updates off the indexes.
ALTER TABLE tasks_task SET (
  fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE tasks_assignment SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE tasks_bookmark SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
