/* THE TABLE. One row an endpoint; who may call it stands in the row. */
#include "web/route.h"

#include "web/api.h"
#include "web/dash.h"

#define GET METHOD_GET
#define POST METHOD_POST
#define PATCH METHOD_PATCH
#define DELETE METHOD_DELETE
#define ANYONE ACTOR_ANYONE, PERM_NONE
#define VISITOR ACTOR_VISITOR, PERM_NONE
#define STAFF (ACTOR_AGENT | ACTOR_KEY)
#define AGENT ACTOR_AGENT
#define SIGNED_IN PERM_SIGNED_IN
#define USER (ACTOR_AGENT | ACTOR_USER) /* whoever is signed in, in an organization or not */
#define READ PERM_CONVERSATIONS_READ
#define WRITE PERM_CONVERSATIONS_WRITE
#define KEYS PERM_KEYS_WRITE

/* clang-format off */
const struct route routes[] = {
	/* The contract: for programs, and for people */
	{ GET, "/api/v1/openapi.json", api_contract, ANYONE, R_CORS, "" },
	{ GET, "/docs/api", dash_contract, ANYONE, R_PAGE, "" },

	/* The widget's API: other origins, visitors */
	{ GET, "/api/v1/widget/settings", api_widget_settings, ANYONE, R_CORS, "" },
	{ POST, "/api/v1/widget/session", api_widget_session, ANYONE, R_CORS, "" },
	{ GET, "/api/v1/widget/conversations", api_widget_conversations, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/widget/conversations", api_widget_conversation_post, VISITOR, R_CORS, "" },
	{ GET, "/api/v1/widget/conversations/:conversation", api_conversation, VISITOR, R_CORS, "" },
	{ GET, "/api/v1/widget/conversations/:conversation/messages", api_messages, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/widget/conversations/:conversation/messages", api_message_post, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/widget/conversations/:conversation/typing", api_conversation_typing, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/widget/conversations/:conversation/read", api_conversation_read, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/widget/attachments", api_attachment_post, VISITOR, R_CORS | R_UPLOAD, "" },
	{ GET, "/api/v1/widget/events", api_widget_events, VISITOR, R_CORS | R_POLL, "?cursor=cursor" },

	/* Who a visitor is */
	{ POST, "/api/v1/widget/identify", api_widget_identify, VISITOR, R_CORS, "" },
	{ DELETE, "/api/v1/widget/session", api_widget_session_end, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/visitors/:visitor/sign-out", api_visitor_sign_out, STAFF, PERM_VISITORS_WRITE, 0, "" },
	{ GET, "/api/v1/organization/identity", api_identity, STAFF, PERM_KEYS_WRITE, 0, "" },
	{ PATCH, "/api/v1/organization/identity", api_identity_patch, STAFF, PERM_KEYS_WRITE, 0, "" },
	{ POST, "/api/v1/organization/identity/secrets", api_identity_secret_post, STAFF, PERM_KEYS_WRITE, 0, "" },
	{ DELETE, "/api/v1/organization/identity/secrets/old", api_identity_secret_retire, STAFF, PERM_KEYS_WRITE, 0, "" },
	{ GET, "/settings/identity", dash_identity, AGENT, PERM_KEYS_WRITE, R_PAGE, "" },
	{ POST, "/settings/identity", dash_identity_post, AGENT, PERM_KEYS_WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/settings/identity/secrets", dash_identity_secret_post, AGENT, PERM_KEYS_WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/settings/identity/retire", dash_identity_retire, AGENT, PERM_KEYS_WRITE, R_PAGE | R_FORM, "" },

	/* The agents' API: dashboard cookie or secret key */
	{ GET, "/api/v1/me", api_me, STAFF, SIGNED_IN, 0, "" },
	{ GET, "/api/v1/conversations", api_conversations, STAFF, READ, 0, "?after=cursor ?assignee=member ?team=team ?visitor=visitor" },
	{ POST, "/api/v1/conversations", api_conversation_post, STAFF, WRITE, 0, "/visitorId=visitor /agentId=member /teamId=team" },
	{ GET, "/api/v1/conversations/:conversation", api_conversation, STAFF, READ, 0, "" },
	{ PATCH, "/api/v1/conversations/:conversation", api_conversation_patch, STAFF, WRITE, 0, "/teamId=team" },
	{ GET, "/api/v1/conversations/:conversation/messages", api_messages, STAFF, READ, 0, "" },
	{ POST, "/api/v1/conversations/:conversation/messages", api_message_post, STAFF, WRITE, 0, "" },
	{ POST, "/api/v1/conversations/:conversation/notes", api_note_post, STAFF, WRITE, 0, "" },
	{ POST, "/api/v1/conversations/:conversation/assignments", api_assignment_post, STAFF, WRITE, 0, "/agentId=member /teamId=team" },
	{ POST, "/api/v1/conversations/:conversation/read", api_conversation_read, STAFF, WRITE, 0, "" },
	{ POST, "/api/v1/conversations/:conversation/typing", api_conversation_typing, STAFF, WRITE, 0, "" },
	{ GET, "/api/v1/audit-log", api_audit_log, STAFF, PERM_AUDIT_READ, 0, "?after=cursor" },
	{ GET, "/api/v1/events", api_events, STAFF, READ, R_POLL, "?cursor=cursor" },

	/* Tags, teams, canned responses */
	{ GET, "/api/v1/tags", api_tags, STAFF, READ, 0, "?after=cursor" },
	{ POST, "/api/v1/conversations/:conversation/tags", api_conversation_tag_post, STAFF, WRITE, 0, "" },
	{ DELETE, "/api/v1/conversations/:conversation/tags", api_conversation_tag_delete, STAFF, WRITE, 0, "" },
	{ GET, "/api/v1/teams", api_teams, STAFF, PERM_MEMBERS_READ, 0, "?after=cursor" },
	{ POST, "/api/v1/teams", api_team_post, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ GET, "/api/v1/teams/:team", api_team, STAFF, PERM_MEMBERS_READ, 0, "" },
	{ PATCH, "/api/v1/teams/:team", api_team_patch, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ DELETE, "/api/v1/teams/:team", api_team_delete, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ POST, "/api/v1/teams/:team/members", api_team_member_post, STAFF, PERM_MEMBERS_WRITE, 0, "/memberId=member" },
	{ DELETE, "/api/v1/teams/:team/members/:member", api_team_member_delete, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ GET, "/api/v1/canned-responses", api_canned_responses, STAFF, READ, 0, "?after=cursor" },
	{ POST, "/api/v1/canned-responses", api_canned_response_post, STAFF, PERM_SETTINGS_WRITE, 0, "" },
	{ GET, "/api/v1/canned-responses/:response", api_canned_response, STAFF, READ, 0, "" },
	{ PATCH, "/api/v1/canned-responses/:response", api_canned_response_patch, STAFF, PERM_SETTINGS_WRITE, 0, "" },
	{ DELETE, "/api/v1/canned-responses/:response", api_canned_response_delete, STAFF, PERM_SETTINGS_WRITE, 0, "" },
	/* People, for programs: visitors, members, the organization, oneself */
	{ GET, "/api/v1/visitors", api_visitors, STAFF, PERM_VISITORS_READ, 0, "?after=cursor" },
	{ POST, "/api/v1/visitors", api_visitor_post, STAFF, PERM_VISITORS_WRITE, 0, "" },
	{ GET, "/api/v1/visitors/:visitor", api_visitor, STAFF, PERM_VISITORS_READ, 0, "" },
	{ PATCH, "/api/v1/visitors/:visitor", api_visitor_patch, STAFF, PERM_VISITORS_WRITE, 0, "" },
	{ DELETE, "/api/v1/visitors/:visitor", api_visitor_delete, STAFF, PERM_VISITORS_DELETE, 0, "" },
	{ GET, "/api/v1/visitors/:visitor/export", api_visitor_export, STAFF, PERM_VISITORS_READ, 0, "?after=cursor" },
	{ GET, "/api/v1/organization", api_organization, STAFF, PERM_SETTINGS_READ, 0, "" },
	{ PATCH, "/api/v1/organization", api_organization_patch, STAFF, PERM_SETTINGS_WRITE, 0, "" },
	{ DELETE, "/api/v1/organization", api_organization_delete, STAFF, PERM_ORGANIZATION_DELETE, 0, "" },
	{ POST, "/api/v1/organization/publishable-key", api_publishable_key_post, STAFF, KEYS, 0, "" },
	{ GET, "/api/v1/members", api_members, STAFF, PERM_MEMBERS_READ, 0, "?after=cursor" },
	{ GET, "/api/v1/members/:member", api_member, STAFF, PERM_MEMBERS_READ, 0, "" },
	{ PATCH, "/api/v1/members/:member", api_member_patch, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ DELETE, "/api/v1/members/:member", api_member_delete, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ GET, "/api/v1/invitations", api_invitations, STAFF, PERM_MEMBERS_WRITE, 0, "?after=cursor" },
	{ POST, "/api/v1/invitations", api_invitation_post, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ POST, "/api/v1/invitations/:invitation/send", api_invitation_send, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ DELETE, "/api/v1/invitations/:invitation", api_invitation_delete, STAFF, PERM_MEMBERS_WRITE, 0, "" },
	{ PATCH, "/api/v1/me", api_me_patch, STAFF, WRITE, 0, "" },
	{ GET, "/api/v1/me/sessions", api_me_sessions, USER, SIGNED_IN, 0, "" },
	{ DELETE, "/api/v1/me/sessions/:session", api_me_session_delete, USER, SIGNED_IN, 0, "" },
	{ POST, "/api/v1/me/organization", api_me_organization_post, USER, SIGNED_IN, 0, "/organizationId=organization" },
	{ GET, "/api/v1/organizations", api_organizations, USER, SIGNED_IN, 0, "" },
	{ POST, "/api/v1/organizations", api_organization_post, USER, SIGNED_IN, 0, "" },

	/* Secret keys */
	{ GET, "/api/v1/api-keys", api_keys, STAFF, KEYS, 0, "?after=cursor" },
	{ POST, "/api/v1/api-keys", api_key_post, STAFF, KEYS, 0, "" },
	{ POST, "/api/v1/api-keys/:key/rotate", api_key_rotate, STAFF, KEYS, 0, "" },
	{ DELETE, "/api/v1/api-keys/:key", api_key_delete, STAFF, KEYS, 0, "" },

	/* Files, of whoever may see their message */
	{ POST, "/api/v1/attachments", api_attachment_post, STAFF, WRITE, R_UPLOAD, "" },
	{ GET, "/attachments/:attachment", attachment_get, ACTOR_VISITOR | STAFF, READ, R_CORS, "" },

	/* The dashboard */
	{ GET, "/", dash_home, ANYONE, R_PAGE, "" },
	{ GET, "/sign-in", dash_sign_in, ANYONE, R_PAGE, "" },
	{ POST, "/sign-in", dash_sign_in_post, ANYONE, R_PAGE | R_FORM | R_OPEN, "" },
	{ POST, "/sign-out", dash_sign_out, USER, SIGNED_IN, R_PAGE | R_FORM | R_OPEN, "" },
	{ POST, "/me/presence", dash_presence, AGENT, WRITE, R_PAGE | R_FORM, "" },
	{ GET, "/inbox", dash_inbox, AGENT, READ, R_PAGE, "?after=cursor" },
	{ GET, "/inbox/list", dash_list, AGENT, READ, 0, "?after=cursor" },
	{ GET, "/inbox/:conversation", dash_inbox, AGENT, READ, R_PAGE, "?after=cursor" },
	{ GET, "/inbox/:conversation/thread", dash_thread, AGENT, READ, 0, "" },
	{ GET, "/inbox/:conversation/details", dash_details, AGENT, READ, 0, "" },
	{ POST, "/inbox/:conversation/reply", dash_reply, AGENT, WRITE, R_PAGE | R_FORM, "?after=cursor" },
	{ POST, "/inbox/:conversation/note", dash_note, AGENT, WRITE, R_PAGE | R_FORM, "?after=cursor" },
	{ POST, "/inbox/:conversation/status", dash_status, AGENT, WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/inbox/:conversation/priority", dash_priority, AGENT, WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/inbox/:conversation/assign", dash_assign, AGENT, WRITE, R_PAGE | R_FORM, "agent=member" },
	{ POST, "/inbox/:conversation/read", dash_read, AGENT, WRITE, R_PAGE | R_FORM, "" },
	{ GET, "/visitors", dash_visitors, AGENT, PERM_VISITORS_READ, R_PAGE, "?after=cursor" },
	{ GET, "/settings/widget", dash_widget, AGENT, PERM_SETTINGS_READ, R_PAGE, "" },
	{ POST, "/settings/widget", dash_widget_post, AGENT, PERM_SETTINGS_WRITE, R_PAGE | R_FORM, "" },
	{ GET, "/settings/search", dash_search_settings, AGENT, PERM_SETTINGS_READ, R_PAGE, "" },
	{ POST, "/settings/search", dash_search_settings_post, AGENT, PERM_SETTINGS_WRITE, R_PAGE | R_FORM, "" },

	/* Accounts, the team, organizations */
	{ GET, "/sign-up", dash_sign_up, ANYONE, R_PAGE, "" },
	{ POST, "/sign-up", dash_sign_up_post, ANYONE, R_PAGE | R_FORM | R_OPEN, "" },
	{ GET, "/verify-email", dash_verify_email, ANYONE, R_PAGE, "" },
	{ POST, "/verify-email", dash_verify_email_post, ANYONE, R_PAGE | R_FORM | R_OPEN, "" },
	{ GET, "/forgot-password", dash_forgot_password, ANYONE, R_PAGE, "" },
	{ POST, "/forgot-password", dash_forgot_password_post, ANYONE, R_PAGE | R_FORM | R_OPEN, "" },
	{ GET, "/reset-password", dash_reset_password, ANYONE, R_PAGE, "" },
	{ POST, "/reset-password", dash_reset_password_post, ANYONE, R_PAGE | R_FORM | R_OPEN, "" },
	{ GET, "/invitations/:invitation", dash_invitation, ANYONE, R_PAGE, "" },
	{ POST, "/invitations/:invitation/join", dash_invitation_join, ANYONE, R_PAGE | R_FORM | R_OPEN, "" },
	{ POST, "/invitations/:invitation/accept", dash_invitation_accept, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ POST, "/invitations/:invitation/decline", dash_invitation_decline, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ GET, "/team", dash_team, AGENT, PERM_MEMBERS_READ, R_PAGE, "" },
	{ POST, "/team/invitations", dash_invite, AGENT, PERM_MEMBERS_WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/team/invitations/:invitation/send", dash_invite_again, AGENT, PERM_MEMBERS_WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/team/invitations/:invitation/cancel", dash_invite_cancel, AGENT, PERM_MEMBERS_WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/team/members/:member", dash_team_member, AGENT, PERM_MEMBERS_WRITE, R_PAGE | R_FORM, "" },
	{ POST, "/team/members/:member/remove", dash_team_remove, AGENT, PERM_MEMBERS_WRITE, R_PAGE | R_FORM, "" },
	{ GET, "/organizations", dash_organizations, USER, SIGNED_IN, R_PAGE, "" },
	{ POST, "/organizations", dash_organization_post, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ POST, "/organizations/active", dash_organization_active, USER, SIGNED_IN, R_PAGE | R_FORM, "organization=organization" },
	{ POST, "/organizations/leave", dash_organization_leave, AGENT, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ POST, "/organizations/delete", dash_organization_delete, AGENT, PERM_ORGANIZATION_DELETE, R_PAGE | R_FORM, "" },

	/* One's own account. A form's address shows the page, too: the one that refused it was there. */
	{ GET, "/sign-in/second-factor", dash_second_factor, ANYONE, R_PAGE, "" },
	{ POST, "/sign-in/second-factor", dash_second_factor_post, ANYONE, R_PAGE | R_FORM | R_OPEN, "" },
	{ GET, "/settings/security", dash_security, USER, SIGNED_IN, R_PAGE, "" },
	{ GET, "/settings/security/password", dash_security, USER, SIGNED_IN, R_PAGE, "" },
	{ POST, "/settings/security/password", dash_password_post, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ POST, "/settings/security/sessions/:session/end", dash_session_end, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ POST, "/settings/security/sessions/end-others", dash_sessions_end_others, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ POST, "/settings/security/sessions/end-all", dash_sessions_end_all, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ GET, "/settings/security/two-factor", dash_security, USER, SIGNED_IN, R_PAGE, "" },
	{ POST, "/settings/security/two-factor", dash_two_factor_begin, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ GET, "/settings/security/two-factor/confirm", dash_security, USER, SIGNED_IN, R_PAGE, "" },
	{ POST, "/settings/security/two-factor/confirm", dash_two_factor_confirm, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ GET, "/settings/security/two-factor/codes", dash_security, USER, SIGNED_IN, R_PAGE, "" },
	{ POST, "/settings/security/two-factor/codes", dash_two_factor_codes, USER, SIGNED_IN, R_PAGE | R_FORM, "" },
	{ GET, "/settings/security/two-factor/disable", dash_security, USER, SIGNED_IN, R_PAGE, "" },
	{ POST, "/settings/security/two-factor/disable", dash_two_factor_disable, USER, SIGNED_IN, R_PAGE | R_FORM, "" },

	/* The dashboard: keys and the audit log */
	{ GET, "/settings/keys", dash_keys, AGENT, KEYS, R_PAGE, "?after=cursor" },
	{ POST, "/settings/keys", dash_key_post, AGENT, KEYS, R_PAGE | R_FORM, "?after=cursor" },
	{ POST, "/settings/keys/publishable", dash_key_publishable, AGENT, KEYS, R_PAGE | R_FORM, "" },
	{ POST, "/settings/keys/:key/rotate", dash_key_rotate, AGENT, KEYS, R_PAGE | R_FORM, "?after=cursor" },
	{ POST, "/settings/keys/:key/revoke", dash_key_revoke, AGENT, KEYS, R_PAGE | R_FORM, "" },
	{ GET, "/settings/audit", dash_audit, AGENT, PERM_AUDIT_READ, R_PAGE, "?after=cursor" },

	/* Search */
	{ GET, "/api/v1/search", api_search, STAFF, READ, 0, "?after=cursor ?assignee=member ?visitor=visitor" },
	{ GET, "/api/v1/organization/search", api_search_settings, STAFF, PERM_SETTINGS_READ, 0, "" },
	{ PATCH, "/api/v1/organization/search", api_search_settings_patch, STAFF, PERM_SETTINGS_WRITE, 0, "" },
	{ GET, "/search", dash_search, AGENT, READ, R_PAGE, "?after=cursor" },

	/* What visitors tell besides messages, and conversations as text */
	{ POST, "/api/v1/widget/conversations/:conversation/rating", api_rating_post, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/widget/conversations/:conversation/transcript", api_transcript_post, VISITOR, R_CORS, "" },
	{ POST, "/api/v1/widget/page", api_page_post, VISITOR, R_CORS, "" },
	{ GET, "/api/v1/conversations/:conversation/rating", api_rating, STAFF, READ, 0, "" },
	{ GET, "/api/v1/ratings", api_ratings, STAFF, READ, 0, "?after=cursor ?member=member" },
	{ GET, "/api/v1/conversations/:conversation/transcript", api_transcript, STAFF, READ, 0, "" },
	{ POST, "/api/v1/conversations/:conversation/transcript", api_transcript_post, STAFF, WRITE, 0, "" },
	{ GET, "/api/v1/visitors/:visitor/page-views", api_page_views, STAFF, PERM_VISITORS_READ, 0, "?after=cursor" },

	/* Everybody */
	{ GET, "/widget/frame", widget_frame, ANYONE, R_PAGE, "" },
	{ GET, "/demo", demo_shop, ANYONE, R_PAGE, "" },
	{ GET, "/healthz", health_live, ANYONE, 0, "" },
	{ GET, "/readyz", health_ready, ANYONE, 0, "" },
};
/* clang-format on */

const size_t routes_count = ARRAY_LEN(routes);
