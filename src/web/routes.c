/* THE TABLE. One row an endpoint; who may call it stands in the row. */
#include "web/route.h"

#include "web/api.h"
#include "web/dash.h"

#define GET METHOD_GET
#define POST METHOD_POST
#define PATCH METHOD_PATCH
#define STAFF (ACTOR_AGENT | ACTOR_KEY)

/* clang-format off */
const struct route routes[] = {
	/* The widget's API: other origins, visitors */
	{ GET, "/api/v1/widget/settings", api_widget_settings, ACTOR_ANYONE, R_CORS },
	{ POST, "/api/v1/widget/session", api_widget_session, ACTOR_ANYONE, R_CORS },
	{ GET, "/api/v1/widget/conversations", api_widget_conversations, ACTOR_VISITOR, R_CORS },
	{ POST, "/api/v1/widget/conversations", api_widget_conversation_post, ACTOR_VISITOR, R_CORS },
	{ GET, "/api/v1/widget/conversations/:conversation", api_conversation, ACTOR_VISITOR, R_CORS },
	{ GET, "/api/v1/widget/conversations/:conversation/messages", api_messages, ACTOR_VISITOR, R_CORS },
	{ POST, "/api/v1/widget/conversations/:conversation/messages", api_message_post, ACTOR_VISITOR, R_CORS },
	{ POST, "/api/v1/widget/conversations/:conversation/typing", api_conversation_typing, ACTOR_VISITOR, R_CORS },
	{ POST, "/api/v1/widget/conversations/:conversation/read", api_conversation_read, ACTOR_VISITOR, R_CORS },
	{ GET, "/api/v1/widget/events", api_widget_events, ACTOR_VISITOR, R_CORS | R_POLL },

	/* The agents' API: dashboard cookie or secret key */
	{ GET, "/api/v1/me", api_me, STAFF, 0 },
	{ GET, "/api/v1/conversations", api_conversations, STAFF, 0 },
	{ GET, "/api/v1/conversations/:conversation", api_conversation, STAFF, 0 },
	{ PATCH, "/api/v1/conversations/:conversation", api_conversation_patch, STAFF, 0 },
	{ GET, "/api/v1/conversations/:conversation/messages", api_messages, STAFF, 0 },
	{ POST, "/api/v1/conversations/:conversation/messages", api_message_post, STAFF, 0 },
	{ POST, "/api/v1/conversations/:conversation/notes", api_note_post, STAFF, 0 },
	{ POST, "/api/v1/conversations/:conversation/assignments", api_assignment_post, STAFF, 0 },
	{ POST, "/api/v1/conversations/:conversation/read", api_conversation_read, STAFF, 0 },
	{ POST, "/api/v1/conversations/:conversation/typing", api_conversation_typing, STAFF, 0 },
	{ GET, "/api/v1/visitors/:visitor", api_visitor, STAFF, 0 },
	{ GET, "/api/v1/events", api_events, STAFF, R_POLL },

	/* The dashboard */
	{ GET, "/", dash_home, ACTOR_ANYONE, R_PAGE },
	{ GET, "/sign-in", dash_sign_in, ACTOR_ANYONE, R_PAGE },
	{ POST, "/sign-in", dash_sign_in_post, ACTOR_ANYONE, R_PAGE | R_FORM | R_OPEN },
	{ POST, "/sign-out", dash_sign_out, ACTOR_AGENT, R_PAGE | R_FORM | R_OPEN },
	{ POST, "/me/presence", dash_presence, ACTOR_AGENT, R_PAGE | R_FORM },
	{ GET, "/inbox", dash_inbox, ACTOR_AGENT, R_PAGE },
	{ GET, "/inbox/list", dash_list, ACTOR_AGENT, 0 },
	{ GET, "/inbox/:conversation", dash_inbox, ACTOR_AGENT, R_PAGE },
	{ GET, "/inbox/:conversation/thread", dash_thread, ACTOR_AGENT, 0 },
	{ GET, "/inbox/:conversation/details", dash_details, ACTOR_AGENT, 0 },
	{ POST, "/inbox/:conversation/reply", dash_reply, ACTOR_AGENT, R_PAGE | R_FORM },
	{ POST, "/inbox/:conversation/note", dash_note, ACTOR_AGENT, R_PAGE | R_FORM },
	{ POST, "/inbox/:conversation/status", dash_status, ACTOR_AGENT, R_PAGE | R_FORM },
	{ POST, "/inbox/:conversation/priority", dash_priority, ACTOR_AGENT, R_PAGE | R_FORM },
	{ POST, "/inbox/:conversation/assign", dash_assign, ACTOR_AGENT, R_PAGE | R_FORM },
	{ POST, "/inbox/:conversation/read", dash_read, ACTOR_AGENT, R_PAGE | R_FORM },
	{ GET, "/visitors", dash_visitors, ACTOR_AGENT, R_PAGE },
	{ GET, "/settings/widget", dash_widget, ACTOR_AGENT, R_PAGE },
	{ POST, "/settings/widget", dash_widget_post, ACTOR_AGENT, R_PAGE | R_FORM },

	/* Everybody */
	{ GET, "/widget/frame", widget_frame, ACTOR_ANYONE, R_PAGE },
	{ GET, "/demo", demo_shop, ACTOR_ANYONE, R_PAGE },
	{ GET, "/healthz", health_live, ACTOR_ANYONE, 0 },
	{ GET, "/readyz", health_ready, ACTOR_ANYONE, 0 },
};
/* clang-format on */

const size_t routes_count = ARRAY_LEN(routes);
