DROP FUNCTION claim_task(bigint, text, text, text, timestamptz);
DROP FUNCTION claim_suite(bigint, int, bigint[], text, text[], timestamptz, timestamptz);
DROP FUNCTION claim_gold(bigint, bigint, bigint, bigint[]);
DROP FUNCTION claim_again(bigint, bigint, int, smallint, bigint);
DROP FUNCTION claim_from_lane(bigint, bigint, smallint, int, bigint);
DROP FUNCTION claim_context(bigint, text, float8, timestamptz);
