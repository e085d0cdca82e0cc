-- Who is calling: asked by every request (marketplace/accounts/callers.py), so planned once a connection and not
-- at each call: that took more than twice as long as finding the four rows. Columns are named like the models.

CREATE FUNCTION caller_by_secret(wanted text, moment timestamptz)
RETURNS TABLE (apikey marketplace_apikey, "user" marketplace_user, worker workers_worker, expert workers_expert)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
  RETURN QUERY
  SELECT k, u, w, e
  FROM marketplace_apikey k
  JOIN marketplace_user u ON u.id = k.user_id
  LEFT JOIN workers_worker w ON w.user_id = u.id
  LEFT JOIN workers_expert e ON e.user_id = u.id
  WHERE k.secret_hash = wanted AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > moment)
    AND u.is_active;
END
$$;

CREATE FUNCTION caller_by_id(wanted bigint)
RETURNS TABLE ("user" marketplace_user, worker workers_worker, expert workers_expert)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
  RETURN QUERY
  SELECT u, w, e
  FROM marketplace_user u
  LEFT JOIN workers_worker w ON w.user_id = u.id
  LEFT JOIN workers_expert e ON e.user_id = u.id
  WHERE u.id = wanted;
END
$$;
