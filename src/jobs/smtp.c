/*
 * SMTP by libcurl. A 5xx to this mail (its sender, recipient or text) is for good. One to the
 * greeting, to encryption or to the login is about the installation: the operator mends it, and the
 * mail waits for that.
 */
#include "jobs/smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_SECONDS = 15, PROBE_SECONDS = 15, REPLY_MAX = 400 };

struct session {
	CURL *curl;
	const char *text; /* what is still to be read of the mail */
	size_t left;
	bool text_begun;
	char reply[REPLY_MAX + 1]; /* the server's last one, its lines joined */
	bool reply_ended;
	char error[CURL_ERROR_SIZE];
};

static size_t
give_text(char *to, size_t size, size_t count, void *session)
{
	struct session *s = session;
	const size_t room = size * count, n = s->left < room ? s->left : room;

	s->text_begun = true;
	memcpy(to, s->text, n);
	s->text += n;
	s->left -= n;
	return n;
}

/*
 * A line of the server: "250-more follows" or "250 the last one". After a refusal libcurl says QUIT;
 * the farewell (221) is no answer to what we asked.
 */
static size_t
take_reply(char *line, size_t size, size_t count, void *session)
{
	struct session *s = session;
	const size_t len = size * count;
	size_t have, skip;

	if (len >= 3 && memcmp(line, "221", 3) == 0)
		return len;
	if (s->reply_ended)
		s->reply[0] = '\0';
	s->reply_ended = len < 4 || line[3] != '-';
	have = strlen(s->reply);
	skip = have > 0 && len > 4 ? 4 : 0; /* the code stands there already */
	snprintf(s->reply + have, sizeof(s->reply) - have, "%s%.*s", skip ? " " : "",
		(int)(len - skip), line + skip);
	s->reply[strcspn(s->reply, "\r\n")] = '\0';
	return len;
}

/* What strangers say is kept in a table and shown to operators: nothing but visible ASCII. */
static const char *
printable(struct arena *mem, const char *what, const char *said)
{
	char *line = arena_printf(mem, "%s%s", what, said);

	for (char *c = line; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return line;
}

static int
reply_code(const struct session *s)
{
	return atoi(s->reply);
}

static const char *
explain(struct arena *mem, const struct session *s, CURLcode code)
{
	if (reply_code(s) >= 400)
		return printable(mem, "the mail server answered: ", s->reply);
	return printable(mem, "no mail server: ", *s->error ? s->error : curl_easy_strerror(code));
}

/* 530, 535 and 538 say that a login or encryption is missing. */
static bool
is_for_good(const struct session *s, CURLcode code)
{
	const int reply = reply_code(s);

	if (reply < 500 || reply == 530 || reply == 535 || reply == 538)
		return false;
	return code == CURLE_SEND_ERROR || s->text_begun;
}

static long
encryption(const struct conf *conf)
{
	if (strcmp(conf->smtp_tls, "required") == 0)
		return CURLUSESSL_ALL;
	return strcmp(conf->smtp_tls, "offered") == 0 ? CURLUSESSL_TRY : CURLUSESSL_NONE;
}

/* Nothing of the environment: no proxy, no .netrc. */
static void
set_server(struct session *s, const struct conf *conf)
{
	CURL *curl = s->curl;

	curl_easy_setopt(curl, CURLOPT_URL, conf->smtp_url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_USE_SSL, encryption(conf));
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (*conf->smtp_ca_file) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, conf->smtp_ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (*conf->smtp_user) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, conf->smtp_user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, conf->smtp_password);
	}
}

/* False when libcurl cannot work; only a lack of memory does that. */
static bool
open_session(struct session *s, const struct conf *conf)
{
	s->curl = curl_easy_init();
	if (!s->curl)
		return false;
	set_server(s, conf);
	curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(s->curl, CURLOPT_HEADERFUNCTION, take_reply);
	curl_easy_setopt(s->curl, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(s->curl, CURLOPT_READFUNCTION, give_text);
	curl_easy_setopt(s->curl, CURLOPT_READDATA, s);
	return true;
}

enum smtp_outcome
smtp_send(
	struct arena *mem, const struct conf *conf, const struct smtp_mail *mail, const char **why)
{
	struct session s = { .text = mail->text, .left = mail->len };
	struct curl_slist *to = curl_slist_append(NULL, mail->to);
	enum smtp_outcome outcome = SMTP_SENT;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (to && open_session(&s, conf)) {
		curl_easy_setopt(s.curl, CURLOPT_TIMEOUT, (long)SMTP_TIMEOUT_SECONDS);
		curl_easy_setopt(s.curl, CURLOPT_MAIL_FROM, mail->from);
		curl_easy_setopt(s.curl, CURLOPT_MAIL_RCPT, to);
		curl_easy_setopt(s.curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(s.curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->len);
		code = curl_easy_perform(s.curl);
	}
	if (code) {
		outcome = is_for_good(&s, code) ? SMTP_REFUSED : SMTP_LATER;
		*why = explain(mem, &s, code);
	}
	curl_slist_free_all(to);
	curl_easy_cleanup(s.curl);
	return outcome;
}

bool
smtp_probe(struct arena *mem, const struct conf *conf, const char **why)
{
	struct session s = { 0 };
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (open_session(&s, conf)) {
		curl_easy_setopt(s.curl, CURLOPT_TIMEOUT, (long)PROBE_SECONDS);
		curl_easy_setopt(s.curl, CURLOPT_NOBODY, 1L);
		curl_easy_setopt(s.curl, CURLOPT_CUSTOMREQUEST, "NOOP");
		code = curl_easy_perform(s.curl);
	}
	if (code)
		*why = explain(mem, &s, code);
	curl_easy_cleanup(s.curl);
	return code == CURLE_OK;
}
