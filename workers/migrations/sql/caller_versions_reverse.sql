DROP FUNCTION caller_versions(text, timestamptz);
