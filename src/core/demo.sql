-- name: demo_find
SELECT id, chat_api_key, coalesce(metadata, '') LIKE '%"parlorDemo":true%'
  FROM organizations WHERE slug = 'tideware';

-- name: demo_organization
UPDATE organizations
   SET metadata = '{"parlorDemo":true}',
       chat_welcome_message =
         'Hello! Ask us about pots, glazes or your order: one of the three of us answers.',
       chat_offline_message =
         'We are at the wheel right now. Leave a message and we answer within a day.'
 WHERE id = $1;

-- name: demo_member
UPDATE members SET chat_display_name = $3, chat_is_online = $4::boolean, chat_max_concurrent_chats = 8
 WHERE organization_id = $1 AND id = $2;

-- name: demo_user_of_member
SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id
 WHERE m.organization_id = $1 AND u.email = $2;

-- name: demo_key_revoke
UPDATE api_keys SET revoked_at = parlor.now()
 WHERE organization_id = $1 AND name = 'demo' AND revoked_at IS NULL;

-- name: demo_owner
SELECT id FROM members WHERE organization_id = $1 AND role = 'owner' ORDER BY created_at, id LIMIT 1;

-- name: demo_visitor
INSERT INTO chat_users (id, organization_id, email, name, session_id, user_agent, metadata, locale,
                        created_at, last_seen_at)
VALUES ($1, $2, $3, $4, $1, $5, $6, $7, parlor.now() - make_interval(mins => $8::integer),
        parlor.now() - make_interval(mins => $9::integer));

-- name: demo_conversation
INSERT INTO conversations (id, organization_id, chat_user_id, priority, subject, tags, page_url,
                           referrer, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, parlor.now() - make_interval(mins => $9::integer),
        parlor.now() - make_interval(mins => $9::integer));

-- name: demo_message
INSERT INTO messages (id, conversation_id, sender_id, sender_type, content, created_at)
VALUES ($1, $2, $3, $4, $5, parlor.now() - make_interval(mins => $6::integer));

-- name: demo_note
INSERT INTO notes (id, organization_id, conversation_id, member_id, content, created_at)
VALUES ($1, $2, $3, $4, $5, parlor.now() - make_interval(mins => $6::integer));

-- name: demo_assign
INSERT INTO conversation_assignments (id, conversation_id, agent_id, assigned_by, assigned_at, reason)
VALUES ($1, $2, $3, $3, parlor.now() - make_interval(mins => $4::integer), 'manual');

-- name: demo_finish
-- The visitor of a quiet conversation has read all of it.
UPDATE conversations
   SET status = $2, updated_at = parlor.now() - make_interval(mins => $3::integer),
       closed_at = CASE WHEN $2 IN ('closed', 'resolved')
                        THEN parlor.now() - make_interval(mins => $3::integer) END,
       agent_read_seq = CASE WHEN $4::boolean THEN last_seq ELSE agent_read_seq END,
       visitor_read_seq = CASE WHEN $3::integer > 60 THEN last_seq ELSE visitor_read_seq END
 WHERE id = $1;

-- name: demo_load_batch
-- $2 visitors, $3 conversations, $4 hashes of their tokens.
WITH new AS (
  SELECT * FROM unnest($2::text[], $3::text[], $4::text[]) AS n (visitor, conversation, token_hash)
), visitors AS (
  INSERT INTO chat_users (id, organization_id, name, session_id, created_at, last_seen_at)
  SELECT visitor, $1, 'Load ' || right(visitor, 6), visitor, parlor.now(), parlor.now() FROM new
), tokens AS (
  INSERT INTO visitor_tokens (token_hash, organization_id, chat_user_id)
  SELECT token_hash, $1, visitor FROM new
)
INSERT INTO conversations (id, organization_id, chat_user_id, created_at, updated_at)
SELECT conversation, $1, visitor, parlor.now(), parlor.now() FROM new;
