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

/* api_inbox.c */
enum err api_conversations(struct req *r);

/* api_conversations.c; those marked * also serve visitors, for their own */
enum err api_conversation_post(struct req *r);
enum err api_conversation(struct req *r); /* * */
enum err api_conversation_patch(struct req *r);
enum err api_assignment_post(struct req *r);
enum err api_conversation_read(struct req *r);	 /* * */
enum err api_conversation_typing(struct req *r); /* * */

/*
 * "me" stands for the agent who asks. ERR_INVALID, with its problem: it is a key that acts for none.
 * pointer: where in the body it stands; NULL for a parameter.
 */
enum err api_agent_named(struct req *r, const char *pointer, const char **agent) MUST_USE;

/* api_tags.c */
enum err api_tags(struct req *r);
enum err api_conversation_tag_post(struct req *r);
enum err api_conversation_tag_delete(struct req *r);

/* api_teams.c */
enum err api_teams(struct req *r);
enum err api_team_post(struct req *r);
enum err api_team(struct req *r);
enum err api_team_patch(struct req *r);
enum err api_team_delete(struct req *r);
enum err api_team_member_post(struct req *r);
enum err api_team_member_delete(struct req *r);

/* api_canned.c */
enum err api_canned_responses(struct req *r);
enum err api_canned_response_post(struct req *r);
enum err api_canned_response(struct req *r);
enum err api_canned_response_patch(struct req *r);
enum err api_canned_response_delete(struct req *r);

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

/* api_me.c: of whoever asks */
enum err api_me(struct req *r);
enum err api_me_sessions(struct req *r);
enum err api_me_session_delete(struct req *r);
enum err api_me_organization_post(struct req *r);
enum err api_organizations(struct req *r);
enum err api_organization_post(struct req *r);

/* api_members.c */
enum err api_members(struct req *r);
enum err api_member(struct req *r);
enum err api_member_patch(struct req *r);
enum err api_member_delete(struct req *r);
enum err api_me_patch(struct req *r);

/* api_invitations.c */
enum err api_invitations(struct req *r);
enum err api_invitation_post(struct req *r);
enum err api_invitation_send(struct req *r);
enum err api_invitation_delete(struct req *r);

/* api_visitors.c */
enum err api_visitors(struct req *r);
enum err api_visitor_post(struct req *r);
enum err api_visitor(struct req *r);
enum err api_visitor_patch(struct req *r);
enum err api_visitor_delete(struct req *r);
enum err api_visitor_export(struct req *r);

/* api_organization.c */
enum err api_organization(struct req *r);
enum err api_organization_patch(struct req *r);
enum err api_organization_delete(struct req *r);
enum err api_publishable_key_post(struct req *r);

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

/* api_contract.c */
enum err api_contract(struct req *r);
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
