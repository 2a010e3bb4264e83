-- name: settings_get
SELECT json_build_object('id', o.id, 'key', coalesce(o.chat_api_key, ''), 'name', o.name,
         'slug', coalesce(o.slug, ''), 'active', o.chat_is_active IS NOT FALSE,
         'domains', coalesce(o.chat_domain, ''),
         'color', CASE WHEN o.chat_primary_color ~ '^#[0-9a-fA-F]{6}$' THEN o.chat_primary_color
                       ELSE '#2f6fed' END,
         'theme', coalesce(o.chat_theme, 'auto'), 'position', coalesce(o.chat_position, 'bottom-right'),
         'welcome', coalesce(o.chat_welcome_message, ''),
         'offline', coalesce(o.chat_offline_message, ''),
         'showAvatar', coalesce(o.chat_show_agent_avatar, true),
         'collectEmail', coalesce(o.chat_collect_email, false),
         'collectName', coalesce(o.chat_collect_name, false),
         'apiRate', parlor.api_rate(o.id)::text)::text
  FROM organizations o WHERE o.id = $1;

-- name: settings_lock
SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE;

-- name: settings_set
-- Only what $2 has.
WITH l AS (
  INSERT INTO api_limits AS a (organization_id, per_minute)
  SELECT $1, (w ->> 'apiRate')::integer FROM (SELECT $2::jsonb AS w) x WHERE w ? 'apiRate'
  ON CONFLICT (organization_id) DO UPDATE SET per_minute = excluded.per_minute WHERE a.organization_id = $1
)
UPDATE organizations o
   SET name = coalesce(w ->> 'name', o.name),
       chat_is_active = coalesce((w ->> 'active')::boolean, o.chat_is_active),
       chat_domain = CASE WHEN w ? 'domains' THEN nullif(w ->> 'domains', '') ELSE o.chat_domain END,
       chat_primary_color = coalesce(w ->> 'color', o.chat_primary_color),
       chat_theme = coalesce(w ->> 'theme', o.chat_theme),
       chat_position = coalesce(w ->> 'position', o.chat_position),
       chat_welcome_message = CASE WHEN w ? 'welcome' THEN nullif(w ->> 'welcome', '')
                                   ELSE o.chat_welcome_message END,
       chat_offline_message = CASE WHEN w ? 'offline' THEN nullif(w ->> 'offline', '')
                                   ELSE o.chat_offline_message END,
       chat_show_agent_avatar = coalesce((w ->> 'showAvatar')::boolean, o.chat_show_agent_avatar),
       chat_collect_email = coalesce((w ->> 'collectEmail')::boolean, o.chat_collect_email),
       chat_collect_name = coalesce((w ->> 'collectName')::boolean, o.chat_collect_name)
  FROM (SELECT $2::jsonb AS w) x
 WHERE o.id = $1;
