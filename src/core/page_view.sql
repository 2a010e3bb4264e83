-- name: page_view_add
-- $6 to $8 a rate limit as in message_append; nothing else is done without a token. One that is the 201st
-- puts out the oldest. That the visitor was seen is written twice a minute at most.
WITH t AS MATERIALIZED (
  SELECT CASE WHEN $6::text IS NULL THEN 0
              ELSE parlor.rate_take($6, $7::float8, $8::float8) END AS wait
), v AS (
  INSERT INTO page_views (organization_id, chat_user_id, url, title, referrer, created_at)
  SELECT $1, $2, $3, $4, $5, parlor.now() FROM t WHERE t.wait <= 0
), old AS (
  DELETE FROM page_views
   WHERE organization_id = $1 AND chat_user_id = $2 AND (SELECT wait FROM t) <= 0
     AND created_at <= (SELECT p.created_at FROM page_views p
                         WHERE p.organization_id = $1 AND p.chat_user_id = $2
                         ORDER BY p.created_at DESC OFFSET 199 LIMIT 1)
), seen AS (
  UPDATE chat_users SET last_seen_at = parlor.now()
   WHERE organization_id = $1 AND id = $2 AND (SELECT wait FROM t) <= 0
     AND coalesce(last_seen_at, '-infinity') < parlor.now() - interval '30 seconds'
)
SELECT ceil(t.wait)::integer FROM t;

-- name: page_view_visitor
SELECT 1 FROM chat_users WHERE organization_id = $1 AND id = $2;

-- name: page_view_list
-- There are no more of a visitor than can be put in order at once.
SELECT json_build_object('id', p.id::text, 'url', p.url, 'title', p.title, 'referrer', p.referrer,
         'createdAt', parlor.rfc3339(p.created_at))::text, NULL, p.id
  FROM page_views p
 WHERE p.organization_id = $1 AND p.chat_user_id = $2 AND ($3::bigint IS NULL OR p.id < $3::bigint)
 ORDER BY p.id DESC LIMIT $4::bigint;
