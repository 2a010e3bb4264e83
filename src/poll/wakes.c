/*
 * Hints coming in: datagrams of this host's writers (core/hint.h), NOTIFY from triggers and from
 * the pollers of other hosts. A hint only makes waiters look again; what is true stands in the table.
 */
#include "poll/poller.h"

#include "base/log.h"
#include "core/hint.h"
#include "poll/poll.sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

/* A payload of NOTIFY is shorter than 8,000 bytes. */
enum { FIELDS_MAX = 6, TURN_MAX = 512, RELAY_MAX = 7500, RELAY_MS = 5 };

static void
wake(struct topic *topic)
{
	struct waiter *w;

	if (topic)
		DL_FOREACH (topic->waiters, w)
			wait_wake((struct wait *)w);
}

static void
wake_for_event(struct poller *p, const char *organization, const char *visitor)
{
	wake(topics_find(&p->topics, organization, NULL));
	if (*visitor)
		wake(topics_find(&p->topics, organization, visitor));
}

/* Those who are not parked see it when they have been read for. */
static void
tell_live(struct poller *p, struct topic *topic)
{
	struct waiter *waiter, *next;

	if (!topic)
		return;
	DL_FOREACH_SAFE (topic->waiters, waiter, next) {
		struct wait *w = (struct wait *)waiter;

		if (w->state == WAIT_PARKED &&
			topic_lives(topic, w->live_seen, w->member, loop_now(p->loop), NULL))
			answer_events(w, NULL, 0);
	}
}

static void
take_live(struct poller *p, char *const *field)
{
	const char *organization = field[1], *visitor = field[2], *sender = field[3],
		   *json = field[5];
	unsigned audience = (unsigned)strtoul(field[4], NULL, 10);
	int64_t now = loop_now(p->loop);

	if (audience & HINT_AGENTS)
		tell_live(
			p, topics_live(&p->topics, organization, NULL, sender, visitor, json, now));
	if (audience & HINT_VISITOR)
		tell_live(p,
			topics_live(&p->topics, organization, visitor, sender, visitor, json, now));
}

/* The last field keeps what is left, tabs included. */
static int
split(char *text, char *field[FIELDS_MAX])
{
	int n = 0;

	while (n < FIELDS_MAX) {
		field[n++] = text;
		text = n < FIELDS_MAX ? strchr(text, '\t') : NULL;
		if (!text)
			break;
		*text++ = '\0';
	}
	return n;
}

/* One hint in the words of core/hint.h. */
static void
take_hint(struct poller *p, char *text)
{
	char *field[FIELDS_MAX];
	int n = split(text, field);

	if (n == 3 && strcmp(field[0], "e") == 0)
		wake_for_event(p, field[1], field[2]);
	else if (n == 6 && strcmp(field[0], "l") == 0 && *field[5] == '{')
		take_live(p, field);
}

static void
send_relay(void *arg)
{
	struct poller *p = arg;

	timers_clear(&p->relay_timer);
	if (p->relay.len && async_is_up(p->db))
		async_run(p->db, &SQL_poll_notify, ARGS(p->relay.data), reads_ignore, NULL);
	buf_clear(&p->relay);
}

/* Pollers of other hosts hear of it in one NOTIFY for all hints of some milliseconds. */
static void
relay(struct poller *p, const char *text, size_t len)
{
	if (p->relay.len + len + 1 > RELAY_MAX)
		send_relay(p);
	if (p->relay.len == 0) {
		buf_printf(&p->relay, "r %s", p->boot);
		loop_timer(p->loop, &p->relay_timer, RELAY_MS);
	}
	buf_char(&p->relay, '\n');
	buf_add(&p->relay, text, len);
}

static void
on_datagram(void *arg, uint32_t events)
{
	struct poller *p = arg;
	char text[HINT_MAX + 1];

	(void)events;
	for (int i = 0; i < TURN_MAX; i++) {
		ssize_t n = recv(p->hints.fd, text, HINT_MAX, MSG_DONTWAIT);

		if (n <= 0)
			return;
		text[n] = '\0';
		if (p->app->conf->poll_relay && !strchr(text, '\n'))
			relay(p, text, (size_t)n);
		take_hint(p, text);
	}
}

/* "e organization visitor", "-" for none: a trigger saw another program's row. */
static void
take_trigger(struct poller *p, char *text)
{
	char *visitor = strchr(text, ' ');

	if (!visitor)
		return;
	*visitor++ = '\0';
	wake_for_event(p, text, strcmp(visitor, "-") == 0 ? "" : visitor);
}

static void
take_relayed(struct poller *p, char *text)
{
	char *line = strtok(text, "\n");

	if (!line || strcmp(line, p->boot) == 0)
		return;
	while ((line = strtok(NULL, "\n")))
		take_hint(p, line);
}

void
wakes_notified(void *arg, const char *payload)
{
	struct poller *p = arg;
	char *text = strdup(payload);

	if (!text)
		abort();
	if (strncmp(text, "e ", 2) == 0)
		take_trigger(p, text + 2);
	else if (strncmp(text, "r ", 2) == 0)
		take_relayed(p, text + 2);
	free(text);
}

static int
bind_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || chmod(path, 0660)) {
		log_line(LOG_WARN, "no hints: %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

bool
wakes_start(struct poller *p)
{
	const char *dir = p->app->conf->runtime_dir;
	int fd;

	p->relay_timer = (struct timer){ .fn = send_relay, .arg = p };
	p->hints = (struct watch){ .fd = -1 };
	if (!dir || !*dir)
		return true;
	if (!hint_directory(dir, p->hints_path, sizeof(p->hints_path) - 24)) {
		log_line(LOG_WARN, "no hints: the directory in %s cannot be made", dir);
		return false;
	}
	snprintf(p->hints_path + strlen(p->hints_path), 24, "/%d.sock", (int)getpid());
	fd = bind_socket(p->hints_path);
	if (fd < 0)
		return false;
	p->hints = (struct watch){ .fn = on_datagram, .arg = p };
	return loop_watch(p->loop, &p->hints, fd, EPOLLIN);
}

void
wakes_stop(struct poller *p)
{
	if (p->hints.fd >= 0) {
		unlink(p->hints_path);
		close(p->hints.fd);
	}
	buf_free(&p->relay);
}
