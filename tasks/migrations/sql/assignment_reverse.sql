DROP TRIGGER answer_is_final ON tasks_answer;
DROP FUNCTION answer_is_final();
DROP TRIGGER answer_only_for_live_assignment ON tasks_answer;
DROP FUNCTION answer_only_for_live_assignment();
DROP TRIGGER assignment_counts_on_task ON tasks_assignment;
DROP FUNCTION assignment_counts_on_task();
