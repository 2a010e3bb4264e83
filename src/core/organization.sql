-- name: organization_by_key
SELECT organization_id, chat_domain,
       json_build_object('organizationId', organization_id, 'name', name, 'theme', theme,
         'primaryColor', primary_color, 'position', position, 'welcomeMessage', welcome_message,
         'offlineMessage', offline_message, 'showAgentAvatar', show_agent_avatar,
         'collectEmail', collect_email, 'collectName', collect_name, 'online', online,
         'agents', agents)::text
  FROM parlor.organization_by_key($1);

-- name: organization_key_in_place_of
SELECT k FROM parlor.key_in_place_of($1) k WHERE k IS NOT NULL;

-- name: organization_by_secret_key
SELECT organization_id, organization_name, key_id, display_name, member_id, scopes, role, chat_role
  FROM parlor.auth_key_used($1);

-- name: organization_create
SELECT parlor.organization_create($1, $2, $3, $4::boolean, $5, $6, $7, $8, $9, nullif($10, ''));
