ALTER FUNCTION answer_only_for_live_assignment() RESET ALL;
ALTER FUNCTION assignment_counts_on_task() RESET ALL;
ALTER TABLE tasks_bookmark RESET (fillfactor, autovacuum_vacuum_scale_factor);
ALTER TABLE tasks_assignment RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE tasks_task RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
DROP TRIGGER task_joins_its_lane ON tasks_task;
DROP FUNCTION task_joins_its_lane();
DROP SEQUENCE tasks_task_place;
