/*
 * Kind "mail": {to, template, data} becomes a text by templates/mail/TEMPLATE.txt, the text a
 * message, and the message goes to the mail server. Templates are read for each mail: they are few,
 * and a changed one needs no restart.
 *
 * A job may run twice, and then the mail is sent twice: it has the same Message-ID both times, by
 * which mailboxes know it again.
 */
#include "jobs/jobs.h"

#include "base/crypt.h"
#include "base/json.h"
#include "base/tmpl.h"
#include "base/util.h"
#include "jobs/mime.h"
#include "jobs/smtp.h"

#include <string.h>

enum { ID_HEX_LEN = 40 };

/* What a template made, apart. */
struct letter {
	const char *subject, *text;
};

static void
free_buf(void *buf)
{
	buf_free(buf);
}

/* A buffer that dies with the job. */
static struct buf *
job_buf(struct job_context *ctx)
{
	struct buf *out = arena_alloc(ctx->mem, sizeof(*out));

	arena_defer(ctx->mem, free_buf, out);
	return out;
}

static void
free_templates(void *set)
{
	tmpl_set_free(set);
}

static enum err
give_up(struct job_context *ctx, const char *why)
{
	ctx->why = why;
	ctx->for_good = true;
	return ERR_INVALID;
}

/* "Subject: " and one line, an empty line, the text. */
static bool
take_apart(struct job_context *ctx, const char *mail, struct letter *out)
{
	static const char start[] = "Subject: ";
	const char *line_end = strchr(mail, '\n'), *text;

	if (strncmp(mail, start, strlen(start)) != 0 || !line_end)
		return false;
	text = line_end + 1;
	text += *text == '\r';
	if (line_end[-1] == '\r')
		line_end--;
	mail += strlen(start);
	*out = (struct letter){
		.subject = arena_strndup(ctx->mem, mail, (size_t)(line_end - mail)),
		.text = text + 1,
	};
	return *text == '\n';
}

/* Templates that cannot be read are the operator's to mend; the mail waits. */
static enum err
render(struct job_context *ctx, const char *name, struct json_object *data, struct letter *out)
{
	struct tmpl_set *set = tmpl_set_new();
	struct buf *text = job_buf(ctx);
	const char *dir = arena_printf(ctx->mem, "%s/mail", ctx->conf->template_dir);
	enum err e;

	arena_defer(ctx->mem, free_templates, set);
	tmpl_set_strict(set, true);
	if ((e = tmpl_load(set, ctx->mem, dir, &ctx->why)))
		return e;
	json_set(data, "site", ctx->conf->base_url);
	if (tmpl_render_why(set, ctx->mem, name, data, text, &ctx->why))
		return give_up(ctx, ctx->why);
	if (!take_apart(ctx, buf_text(text), out))
		return give_up(ctx,
			arena_printf(ctx->mem,
				"template %s: it does not begin with a line \"Subject: ...\" and "
				"an empty one",
				name));
	return ERR_NONE;
}

/* The same for each attempt, another for each installation, and nothing that can be guessed. */
static const char *
message_id(struct job_context *ctx, const struct job *job)
{
	char hex[HASH_HEX_LEN + 1];

	crypt_hmac_hex(ctx->conf->auth_secret,
		arena_printf(ctx->mem, "mail %s %s", job->id, job->payload), hex);
	return arena_strndup(ctx->mem, hex, ID_HEX_LEN);
}

static enum err
send_letter(struct job_context *ctx, const struct job *job, const char *to, const struct letter *l)
{
	struct mime_message m = {
		.to = to,
		.subject = l->subject,
		.text = l->text,
		.id = message_id(ctx, job),
		.date_ms = time_now_ms(),
	};
	struct buf *text = job_buf(ctx);
	const char *why;

	if (!mailbox_parse(ctx->mem, ctx->conf->mail_from, &m.from))
		return give_up(ctx, "mail_from is no address"); /* conf.c does not let it be */
	if (mime_write(&m, text, &why))
		return give_up(ctx, why);
	switch (smtp_send(ctx->mem, ctx->conf,
		&(struct smtp_mail){
			.from = m.from.address, .to = to, .text = text->data, .len = text->len },
		&ctx->why)) {
	case SMTP_SENT:
		return ERR_NONE;
	case SMTP_REFUSED:
		return give_up(ctx, ctx->why);
	case SMTP_LATER:
		break;
	}
	return ERR_UNAVAILABLE;
}

enum err
job_mail(struct job_context *ctx, const struct job *job)
{
	struct json_object *payload = json_trusted(ctx->mem, job->payload);
	struct json_object *data = json_member(payload, "data");
	const char *to = json_text(payload, "to"), *name = json_text(payload, "template");
	struct letter letter;
	enum err e;

	if (!conf_has_mail(ctx->conf))
		return give_up(ctx, "no mail server is configured: smtp_url is empty");
	if (!to || !name || !json_object_is_type(data, json_type_object))
		return give_up(ctx, "the job does not hold to, template and data");
	if (!mail_address_fits(to)) /* a text that was cut at a NUL, too */
		return give_up(ctx, "the recipient is not an address that mail is sent to");
	if ((e = render(ctx, name, data, &letter)))
		return e;
	return send_letter(ctx, job, to, &letter);
}
