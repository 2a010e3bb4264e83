-- Fills an organization as a year of use leaves it: :conversations conversations of :each messages (an even
-- number, at least 4), visitor and agent in turn, with the rows that the triggers would have made
-- (tests/sql/grow.test compares them), but without running them. For psql, as a superuser.
-- :content, if set, is an expression for the text of message j of conversation i.
-- The newest fiftieth is open, the rest closed; events are those of the last 48 hours.
\set ON_ERROR_STOP 1
\if :{?content}
\else
  \set content '''Message '' || j || '' of conversation '' || i || ''. '' || repeat(''All is well. '', 5) || ''Good.'''
\endif
SET session_replication_role = replica;
SET synchronous_commit = off;
SET search_path = parlor, public;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';

CREATE TEMP TABLE grow_agents AS
  SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, count(*) OVER () AS agents
    FROM members WHERE organization_id = :'organization';
CREATE TEMP TABLE grow AS
  SELECT i, 'v' || lpad(i::text, 8, '0') || substr(md5('v' || i), 1, 17) AS visitor,
         'c' || lpad(i::text, 8, '0') || substr(md5('c' || i), 1, 17) AS conversation,
         date_trunc('milliseconds', parlor.now() - interval '365 days' * (:conversations - i) / :conversations
           - interval '1 minute' * (:each + 60)) AS began,
         i <= :conversations * 49 / 50 AS closed,
         (SELECT id FROM grow_agents WHERE n = i % agents) AS agent
    FROM generate_series(1, :conversations) i;

INSERT INTO chat_users (id, organization_id, email, name, session_id, created_at, last_seen_at)
  SELECT visitor, :'organization', 'visitor' || i || '@example.com', 'Visitor ' || lpad(i::text, 6, '0'),
         visitor, began, began + interval '1 minute' * :each
    FROM grow;
-- Of those who came within the 30 days that a token lives.
INSERT INTO visitor_tokens (token_hash, organization_id, chat_user_id, created_at, last_used_at,
                            idle_expires_at, expires_at)
  SELECT encode(sha256(visitor::bytea), 'hex'), :'organization', visitor, began, began,
         began + interval '30 days', began + interval '180 days'
    FROM grow WHERE began > parlor.now() - interval '29 days';
INSERT INTO conversations (id, organization_id, chat_user_id, assigned_agent_id, status, created_at,
                           updated_at, closed_at, last_seq, last_message_at, preview, agent_unread,
                           visitor_unread, agent_read_seq, visitor_read_seq)
  SELECT conversation, :'organization', visitor, agent, CASE WHEN closed THEN 'closed' ELSE 'open' END, began,
         at, CASE WHEN closed THEN at END, :each, began + interval '1 minute' * :each,
         'Message ' || :each || ' of conversation ' || i || '. ' || repeat('All is well. ', 5) || 'Good.', 0, 1,
         :each, :each - 1
    FROM grow, LATERAL (SELECT began + interval '1 minute'
      * CASE WHEN closed THEN :each + 30 ELSE :each END AS at) a;
INSERT INTO conversation_assignments (id, organization_id, conversation_id, agent_id, assigned_at, reason,
                                      by_trigger)
  SELECT 'a' || substr(conversation, 2), :'organization', conversation, agent, began, 'manual', true FROM grow;
-- Indexes are made faster when all rows are there.
CREATE TEMP TABLE grow_indexes AS
  SELECT format('DROP INDEX %s', indexrelid::regclass) AS away, pg_get_indexdef(indexrelid) AS again
    FROM pg_index WHERE indrelid = 'messages'::regclass
     AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);
SELECT away FROM grow_indexes \gexec
INSERT INTO messages (id, organization_id, conversation_id, seq, sender_id, sender_type, content, client_id,
                      is_read, created_at)
  SELECT 'm' || lpad(i::text, 8, '0') || lpad(j::text, 5, '0') || substr(md5(i || 'm' || j), 1, 12),
         :'organization', conversation, j, CASE WHEN j % 2 = 1 THEN visitor ELSE agent END,
         CASE WHEN j % 2 = 1 THEN 'user' ELSE 'agent' END,
         :content,
         'k' || lpad(j::text, 5, '0') || substr(md5(i || 'k' || j), 1, 20), j < :each,
         began + interval '1 minute' * j
    FROM grow, generate_series(1, :each) j;
SELECT again FROM grow_indexes \gexec
INSERT INTO events (organization_id, conversation_id, chat_user_id, type, visibility, data, created_at)
  SELECT :'organization', m.conversation_id, grow.visitor, 'message.created', 'public',
         json_build_object('message', message_json(m)), m.created_at
    FROM grow JOIN messages m ON m.conversation_id = grow.conversation
   WHERE grow.began > parlor.now() - interval '48 hours' ORDER BY m.created_at;
RESET session_replication_role;
DROP TABLE grow, grow_agents, grow_indexes;
VACUUM ANALYZE;
