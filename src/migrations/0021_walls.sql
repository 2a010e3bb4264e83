-- The second wall for functions, too: those that read with the owner's rights and are told of which
-- organization keep to the one in force, if there is one (another program's triggers have none). As in
-- 0004, with that condition.

CREATE OR REPLACE FUNCTION parlor.member_name(organization text, member text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF member IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT coalesce(nullif(m.chat_display_name, ''), u.name)
            FROM public.members m JOIN public.users u ON u.id = m.user_id
            WHERE m.id = member AND m.organization_id = organization
              AND organization = coalesce(nullif(current_setting('parlor.org', true), ''), organization));
END $$;

CREATE OR REPLACE FUNCTION parlor.visitor_name(organization text, visitor text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT u.name FROM public.chat_users u
            WHERE u.id = visitor AND u.organization_id = organization
              AND organization = coalesce(nullif(current_setting('parlor.org', true), ''), organization));
END $$;

CREATE OR REPLACE FUNCTION parlor.sender_name(organization text, kind text, sender text,
                                              conversation text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF organization <> coalesce(nullif(current_setting('parlor.org', true), ''), organization) THEN
    RETURN NULL;
  END IF;
  IF kind = 'user' THEN
    RETURN coalesce(parlor.visitor_name(organization, sender),
      (SELECT u.name FROM public.conversations c JOIN public.chat_users u ON u.id = c.chat_user_id
         WHERE c.id = conversation AND c.organization_id = organization));
  ELSIF kind = 'agent' THEN
    RETURN coalesce(parlor.member_name(organization, sender),
      (SELECT coalesce(nullif(m.chat_display_name, ''), u.name)
         FROM public.members m JOIN public.users u ON u.id = m.user_id
         WHERE m.user_id = sender AND m.organization_id = organization LIMIT 1),
      (SELECT o.name FROM public.organizations o WHERE o.id = organization));
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION parlor.attachments_json(organization text, message text) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT json_agg(json_build_object('id', a.id, 'fileName', a.file_name,
             'fileSize', a.file_size, 'mimeType', a.mime_type, 'url', a.url,
             'thumbnailUrl', a.thumbnail_url, 'createdAt', parlor.rfc3339(a.created_at))
             ORDER BY a.created_at, a.id)
           FROM public.attachments a
           WHERE a.message_id = message AND a.organization_id = organization
             AND organization = coalesce(nullif(current_setting('parlor.org', true), ''), organization)),
    '[]'::json);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA parlor FROM PUBLIC;
