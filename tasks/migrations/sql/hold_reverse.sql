DROP FUNCTION hold_assignments(bigint, text[]);
DROP FUNCTION tasks_known(bigint[], bigint);
