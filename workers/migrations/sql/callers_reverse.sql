DROP FUNCTION caller_by_secret(text, timestamptz);
DROP FUNCTION caller_by_id(bigint);
