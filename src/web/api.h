/* Handlers of the JSON API; their rows are in routes.c. */
#ifndef PARLOR_API_H
#define PARLOR_API_H

#include "web/req.h"

/* api_widget.c: what the widget's visitor does */
enum err api_widget_settings(struct req *r);
enum err api_widget_session(struct req *r);
enum err api_widget_conversations(struct req *r);
enum err api_widget_conversation_post(struct req *r);

/* api_widget_session.c: whose session it is */
enum err api_widget_identify(struct req *r);
enum err api_widget_session_end(struct req *r);

/* api_identity.c: the secrets and rules by which visitors are known; ending a visitor's sessions */
enum err api_identity(struct req *r);
enum err api_identity_patch(struct req *r);
enum err api_identity_secret_post(struct req *r);
enum err api_identity_secret_retire(struct req *r);
enum err api_visitor_sign_out(struct req *r);

/* api_events.c: answers at once; parlor poll is who waits */
enum err api_widget_events(struct req *r);
enum err api_events(struct req *r);

/* api_conversations.c; those marked * also serve visitors, for their own */
enum err api_conversations(struct req *r);
enum err api_conversation(struct req *r); /* * */
enum err api_conversation_patch(struct req *r);
enum err api_assignment_post(struct req *r);
enum err api_conversation_read(struct req *r);	 /* * */
enum err api_conversation_typing(struct req *r); /* * */

/* api_messages.c */
enum err api_messages(struct req *r);	  /* * */
enum err api_message_post(struct req *r); /* * */
enum err api_note_post(struct req *r);

/*
 * content and attachmentIds of a message: one of the two must be there. *files: the ids as core takes
 * them, NULL for none. content is NULL when it was not sent.
 */
enum err api_message_content(
	struct req *r, struct json_object *ids, const char **content, const char **files) MUST_USE;
/* The problem for e of a message that could not be sent. */
enum err api_message_refused(struct req *r, enum err e) MUST_USE;

/* api_attachments.c */
enum err api_attachment_post(struct req *r); /* * */
enum err attachment_get(struct req *r);	     /* * */

/* api_me.c */
enum err api_me(struct req *r);
enum err api_visitor(struct req *r);

/* api_audit.c */
enum err api_audit_log(struct req *r);

/* api_keys.c */
enum err api_keys(struct req *r);
enum err api_key_post(struct req *r);
enum err api_key_rotate(struct req *r);
enum err api_key_delete(struct req *r);

/* api_search.c */
enum err api_search(struct req *r);
enum err api_search_settings(struct req *r);
enum err api_search_settings_patch(struct req *r);

/* api_rating.c */
enum err api_rating_post(struct req *r);
enum err api_rating(struct req *r);
enum err api_ratings(struct req *r);

/* api_page.c */
enum err api_page_post(struct req *r);
enum err api_page_views(struct req *r);

/* api_transcript.c */
enum err api_transcript(struct req *r);
enum err api_transcript_post(struct req *r); /* * */

/* health.c */
enum err health_live(struct req *r);
enum err health_ready(struct req *r);

/* widget.c: the iframe's page and the demo page */
enum err widget_frame(struct req *r);
enum err demo_shop(struct req *r);

#endif
