-- Scopes of keys, the audit log, mail.

-- Whether a key's scopes hold a permission; the table of them is src/core/permission.c.
CREATE FUNCTION parlor.scope_allows(scopes text, permission text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT scopes = '*' OR permission = ANY (pg_catalog.string_to_array(scopes, ' ')) $$;

-- As in 0004, but a word that is none of ours, which another program may have written, is a viewer's:
-- who may look is the same everywhere.
CREATE OR REPLACE FUNCTION parlor.effective_chat_role(role text, chat_role text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN chat_role IN ('admin', 'supervisor', 'agent', 'viewer') THEN chat_role
    WHEN nullif(chat_role, '') IS NOT NULL THEN 'viewer'
    WHEN role ~ '(^|,)\s*(owner|admin)\s*(,|$)' THEN 'admin'
    ELSE 'agent' END
$$;

-- As people of the organization know who acted: NULL for one who has left.
CREATE FUNCTION parlor.actor_name(organization text, kind text, actor text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE kind
    WHEN 'user' THEN (SELECT coalesce(nullif(m.chat_display_name, ''), u.name)
                        FROM public.members m JOIN public.users u ON u.id = m.user_id
                        WHERE m.organization_id = organization AND m.user_id = actor LIMIT 1)
    WHEN 'key' THEN (SELECT k.name FROM parlor.api_keys k
                       WHERE k.organization_id = organization AND k.id = actor)
    WHEN 'visitor' THEN parlor.visitor_name(organization, actor)
    ELSE actor END;
END $$;

CREATE FUNCTION parlor.audit_json(a parlor.audit_log) RETURNS json LANGUAGE sql STABLE
AS $$
  SELECT pg_catalog.json_build_object('id', a.id::text, 'actorType', a.actor_type,
    'actorId', a.actor_id, 'actorName', parlor.actor_name(a.organization_id, a.actor_type, a.actor_id),
    'action', a.action, 'targetType', a.target_type, 'targetId', a.target_id,
    'changes', coalesce(parlor.lenient_json(a.data), '{}'::json), 'ipAddress', a.ip_address,
    'createdAt', parlor.rfc3339(a.created_at))
$$;

-- An act on an account, told in each organization of the user.
CREATE FUNCTION parlor.audit_account(account text, action text, address text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.audit_log (organization_id, actor_type, actor_id, action, target_type, target_id,
                                ip_address)
    SELECT m.organization_id, 'user', account, action, 'user', account, address
      FROM public.members m WHERE m.user_id = account
$$;

CREATE FUNCTION parlor.mail_queue(organization text, mail text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO parlor.jobs (organization_id, kind, payload) VALUES (organization, 'mail', mail)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;

INSERT INTO parlor.grants (role, what) VALUES
  ('parlor_app', 'EXECUTE ON FUNCTION parlor.scope_allows(text, text),
     parlor.audit_json(parlor.audit_log), parlor.actor_name(text, text, text),
     parlor.audit_account(text, text, text), parlor.mail_queue(text, text)'),
  ('parlor_poll', 'EXECUTE ON FUNCTION parlor.scope_allows(text, text)');
