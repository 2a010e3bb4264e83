/* Handlers of the dashboard's pages and forms; their rows are in routes.c. */
#ifndef PARLOR_DASH_H
#define PARLOR_DASH_H

#include "web/req.h"

/* dash_sign_in.c */
enum err dash_home(struct req *r);
enum err dash_sign_in(struct req *r);
enum err dash_sign_in_post(struct req *r);
enum err dash_sign_out(struct req *r);
enum err dash_presence(struct req *r);

/* dash_second_factor.c */
enum err dash_second_factor(struct req *r);
enum err dash_second_factor_post(struct req *r);

/* dash_security.c */
enum err dash_security(struct req *r);
enum err dash_password_post(struct req *r);
enum err dash_session_end(struct req *r);
enum err dash_sessions_end_others(struct req *r);
enum err dash_sessions_end_all(struct req *r);

/* dash_two_factor.c */
enum err dash_two_factor_begin(struct req *r);
enum err dash_two_factor_confirm(struct req *r);
enum err dash_two_factor_codes(struct req *r);
enum err dash_two_factor_disable(struct req *r);

/* dash_list.c: the list by itself, for scripts */
enum err dash_list(struct req *r);

/* dash_inbox.c: the page, and the parts of a conversation for scripts */
enum err dash_inbox(struct req *r);
enum err dash_thread(struct req *r);
enum err dash_details(struct req *r);

/* dash_actions.c: what the forms of a conversation do */
enum err dash_reply(struct req *r);
enum err dash_note(struct req *r);
enum err dash_status(struct req *r);
enum err dash_priority(struct req *r);
enum err dash_assign(struct req *r);
enum err dash_read(struct req *r);

enum err dash_visitors(struct req *r);
enum err dash_search(struct req *r);

/* dash_sign_up.c */
enum err dash_sign_up(struct req *r);
enum err dash_sign_up_post(struct req *r);
enum err dash_verify_email(struct req *r);
enum err dash_verify_email_post(struct req *r);

/* dash_reset.c */
enum err dash_forgot_password(struct req *r);
enum err dash_forgot_password_post(struct req *r);
enum err dash_reset_password(struct req *r);
enum err dash_reset_password_post(struct req *r);

/* dash_team.c, dash_invite.c */
enum err dash_team(struct req *r);
enum err dash_team_member(struct req *r);
enum err dash_team_remove(struct req *r);
enum err dash_invite(struct req *r);
enum err dash_invite_again(struct req *r);
enum err dash_invite_cancel(struct req *r);

/* dash_invitation.c */
enum err dash_invitation(struct req *r);
enum err dash_invitation_accept(struct req *r);
enum err dash_invitation_decline(struct req *r);
enum err dash_invitation_join(struct req *r);

/* dash_organizations.c */
enum err dash_organizations(struct req *r);
enum err dash_organization_post(struct req *r);
enum err dash_organization_active(struct req *r);
enum err dash_organization_leave(struct req *r);
enum err dash_organization_delete(struct req *r);

/* dash_settings.c */
enum err dash_widget(struct req *r);
enum err dash_widget_post(struct req *r);

/* dash_keys.c */
enum err dash_keys(struct req *r);
enum err dash_key_post(struct req *r);
enum err dash_key_rotate(struct req *r);
enum err dash_key_revoke(struct req *r);
enum err dash_key_publishable(struct req *r);

/* dash_audit.c */
enum err dash_audit(struct req *r);

/* dash_search_settings.c */
enum err dash_search_settings(struct req *r);
enum err dash_search_settings_post(struct req *r);

/* dash_identity.c */
enum err dash_identity(struct req *r);
enum err dash_identity_post(struct req *r);
enum err dash_identity_secret_post(struct req *r);
enum err dash_identity_retire(struct req *r);

/* api_contract.c */
enum err dash_contract(struct req *r);

#endif
