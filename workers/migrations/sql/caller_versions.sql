-- Which versions of their rows stand for who is calling: they change with whatever is written, so who knows what
-- was read of them need not read it again (marketplace/accounts/callers.py). That a key was used is noted all the
-- time, and so told apart. No row where nobody is let in. Joined and asked like caller_by_secret (callers.sql).
CREATE FUNCTION caller_versions(wanted text, moment timestamptz) RETURNS TABLE (versions text, used timestamptz)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
  RETURN QUERY
  SELECT format('%s %s %s %s %s %s %s', to_jsonb(k) - 'last_used_at', u.xmin, u.ctid, w.xmin, w.ctid, e.xmin, e.ctid),
         k.last_used_at
  FROM marketplace_apikey k
  JOIN marketplace_user u ON u.id = k.user_id
  LEFT JOIN workers_worker w ON w.user_id = u.id
  LEFT JOIN workers_expert e ON e.user_id = u.id
  WHERE k.secret_hash = wanted AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > moment)
    AND u.is_active;
END
$$;
