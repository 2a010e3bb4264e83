-- name: tag_list
-- From one tag to the next along the index, whatever number of conversations has each, and of each as many
-- counted as $4 at most. $2 the last tag of the page before.
WITH RECURSIVE t AS (
  (SELECT c.tag, 1 AS n FROM conversation_tags c
    WHERE c.organization_id = $1 AND c.tag > coalesce($2, '') ORDER BY c.tag LIMIT 1)
  UNION ALL
  SELECT x.tag, t.n + 1
    FROM t, LATERAL (
      SELECT c.tag FROM conversation_tags c
       WHERE c.organization_id = $1 AND c.tag > t.tag ORDER BY c.tag LIMIT 1) x
   WHERE t.n <= $3::integer
)
SELECT json_build_object('name', t.tag, 'conversations', (
         SELECT count(*) FROM (
           SELECT FROM conversation_tags c WHERE c.organization_id = $1 AND c.tag = t.tag
            LIMIT $4::integer) x))::text,
       NULL, encode(convert_to(t.tag, 'UTF8'), 'hex')
  FROM t ORDER BY t.tag;

-- name: tag_add
-- The row's lock comes first and the tags are those of then: of two at once, none undoes the other's.
UPDATE conversations c SET tags = to_json(array_append(tags_of(c.tags), $3))::text
 WHERE c.organization_id = $1 AND c.id = $2 AND $3 <> ALL (tags_of(c.tags))
   AND cardinality(tags_of(c.tags)) < $4::integer
RETURNING chat_user_id;

-- name: tag_remove
UPDATE conversations c SET tags = to_json(array_remove(tags_of(c.tags), $3))::text
 WHERE c.organization_id = $1 AND c.id = $2 AND $3 = ANY (tags_of(c.tags))
RETURNING chat_user_id;

-- name: tag_is_there
SELECT $3 = ANY (tags_of(c.tags)) FROM conversations c WHERE c.organization_id = $1 AND c.id = $2;
