/*
 * Kind "reset-password": somebody asked for a new password. Whoever has the address gets a link by mail;
 * for an address that nobody has, nothing happens.
 */
#include "jobs/jobs.h"

#include "base/crypt.h"
#include "base/json.h"
#include "core/audit.h"
#include "core/mail.h"
#include "core/reset.h"
#include "jobs/job_reset.sql.h"

static enum err
mail_link(struct job_context *ctx, const struct rows *rows, const char *token)
{
	struct mail mail = { .to = rows_str(rows, 0, 2), .template = "reset-password" };

	mail.data = json_object_new_object();
	json_set(mail.data, "name", rows_str(rows, 0, 1));
	json_set(mail.data, "link",
		arena_printf(ctx->mem, "%s/reset-password?token=%s", ctx->conf->base_url, token));
	json_set_int(mail.data, "minutes", RESET_MINUTES);
	return mail_queue(ctx->db, ctx->mem, &mail);
}

static enum err
begin(struct job_context *ctx, const char *email, const char *address)
{
	char id[ID_LEN + 1], token[SESSION_TOKEN_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_id(id);
	crypt_session_token(token);
	token[RESET_TOKEN_LEN] = '\0';
	e = db_run(ctx->db, ctx->mem, &SQL_job_reset_begin, ARGS(email, id, token), &rows);
	if (e || rows_count(rows) == 0)
		return e;
	if ((e = mail_link(ctx, rows, token)))
		return e;
	return audit_write_account(
		ctx->db, ctx->mem, rows_str(rows, 0, 0), "password.reset_asked", address);
}

enum err
job_reset_password(struct job_context *ctx, const struct job *job)
{
	struct json_object *payload = json_trusted(ctx->mem, job->payload);
	const char *email = json_text(payload, "email"), *address = json_text(payload, "address");
	enum err e;

	if (!email)
		return ERR_INVALID;
	if ((e = db_begin(ctx->db)) || (e = begin(ctx, email, address ? address : "")) ||
		(e = db_commit(ctx->db)))
		ctx->why = arena_strdup(ctx->mem, db_message(ctx->db));
	return e;
}
