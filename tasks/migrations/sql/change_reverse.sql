DROP FUNCTION store_answers(bigint, bigint, json, timestamptz, timestamptz);
DROP FUNCTION move_tasks(json);
DROP FUNCTION write_consensus(json, timestamptz);
