/*
 * Many visitors who wait for events, as the widget does it (static/widget/sync.js): they poll, come back
 * after a failure with full jitter, and load their state again after 410. When something is
 * broken, how long is each of them without a poll that holds? bench_overload.mjs builds and runs it.
 *
 *   bench_storm PORT PLAN KEY SECONDS
 *
 * PLAN is what parlor demo --load printed. Prints "ready" when all wait;
 * a line on standard input says that something is broken now; SECONDS later the result is printed as
 * JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 8192, EVENTS = 512, STARTS_A_SECOND = 1500 };

enum phase { PAUSE, POLL, SESSION, MESSAGES };

struct client {
	int fd;
	enum phase phase, next;
	char *token, *conversation, cursor[160];
	char fresh[160]; /* counts once the messages are there, too */
	int failures;
	double due;   /* end of the pause */
	double asked; /* when the poll that is under way was sent */
	double back;  /* when the first poll was sent that held, after the break; 0: not yet */
	bool broken;  /* lost a poll since the break */
	size_t got;
	char answer[ANSWER_MAX];
};

static struct {
	int port, epoll;
	const char *key;
	struct client *clients;
	size_t n;
	double broken; /* when; 0: not yet */
	unsigned long requests, refused, resyncs, cut;
} g;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
read_plan(const char *name)
{
	FILE *file = fopen(name, "r");
	char token[256], conversation[64], cursor[160];

	if (!file)
		die(name);
	while (fscanf(file, "%255s %63s %159s", token, conversation, cursor) == 3) {
		struct client *c;

		g.clients = realloc(g.clients, (g.n + 1) * sizeof(*g.clients));
		if (!g.clients)
			die("realloc");
		c = &g.clients[g.n++];
		memset(c, 0, sizeof(*c));
		c->fd = -1;
		c->token = strdup(token);
		c->conversation = strdup(conversation);
		strcpy(c->cursor, cursor);
	}
	fclose(file);
}

/* core.js: backoff(). */
static void
rest(struct client *c, double least, enum phase next)
{
	double most = 1;

	c->failures++;
	for (int i = 1; i < c->failures && most < 30; i++)
		most *= 2;
	most = most < (least > 0 ? 8 : 30) ? most : least > 0 ? 8 : 30;
	c->due = now() + least + most * (double)rand() / RAND_MAX;
	c->phase = PAUSE;
	c->next = next;
}

static void
lose(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	g.cut++;
	c->broken = c->broken || g.broken > 0;
	rest(c, 0, POLL);
}

static bool
join(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)g.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const unsigned i = (unsigned)(c - g.clients);
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f3c0001U + (i / 250 << 8) + i % 250) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0)
		die("socket");
	if (bind(c->fd, (struct sockaddr *)&from, sizeof(from)) ||
		connect(c->fd, (struct sockaddr *)&to, sizeof(to)))
		return false;
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return epoll_ctl(g.epoll, EPOLL_CTL_ADD, c->fd, &event) == 0;
}

static void
ask(struct client *c, enum phase phase)
{
	char request[2048], body[512];
	int len;

	c->phase = phase;
	c->got = 0;
	if (phase == POLL) {
		c->asked = now();
		len = snprintf(request, sizeof(request),
			"GET /api/v1/widget/events?wait=25&cursor=%s HTTP/1.1\r\nHost: "
			"127.0.0.1\r\n"
			"Authorization: Bearer %s\r\n\r\n",
			c->cursor, c->token);
	} else if (phase == SESSION) {
		len = snprintf(
			body, sizeof(body), "{\"key\":\"%s\",\"token\":\"%s\"}", g.key, c->token);
		len = snprintf(request, sizeof(request),
			"POST /api/v1/widget/session?key=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			g.key, len, body);
	} else {
		len = snprintf(request, sizeof(request),
			"GET /api/v1/widget/conversations/%s/messages?limit=50 HTTP/1.1\r\n"
			"Host: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
			c->conversation, c->token);
	}
	g.requests++;
	if ((c->fd < 0 && !join(c)) || send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		lose(c);
}

static void
take_cursor(struct client *c, char cursor[160])
{
	const char *at = strstr(c->answer, "\"cursor\":\"");
	size_t len;

	if (!at)
		return;
	len = strcspn(at += 10, "\"");
	if (len < sizeof(c->cursor)) {
		memcpy(cursor, at, len);
		cursor[len] = '\0';
	}
}

static void
held(struct client *c)
{
	c->failures = 0;
	if (g.broken > 0 && c->asked > g.broken && c->back == 0)
		c->back = c->asked;
}

static void
refused(struct client *c, int status)
{
	const char *after = strcasestr(c->answer, "\r\nretry-after: ");

	g.refused += status == 429 || status == 503;
	g.resyncs += status == 410;
	c->broken = c->broken || (c->phase == POLL && g.broken > 0);
	rest(c, after ? atof(after + 15) : 0, status == 410 || status == 401 ? SESSION : c->phase);
}

static void
take(struct client *c)
{
	const int status = atoi(c->answer + 9);

	if (strcasestr(c->answer, "\r\nconnection: close")) {
		close(c->fd);
		c->fd = -1;
	}
	if (status != 200) {
		refused(c, status);
	} else if (c->phase == POLL) {
		held(c);
		take_cursor(c, c->cursor);
		ask(c, POLL);
	} else if (c->phase == SESSION) {
		take_cursor(c, c->fresh);
		ask(c, MESSAGES);
	} else {
		strcpy(c->cursor, c->fresh);
		ask(c, POLL);
	}
}

static void
on_input(struct client *c)
{
	const ssize_t n =
		c->fd < 0 ? 0 : recv(c->fd, c->answer + c->got, ANSWER_MAX - 1 - c->got, 0);
	const char *body, *length;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		if (c->phase != PAUSE)
			lose(c);
		else if (c->fd >= 0) {
			close(c->fd);
			c->fd = -1;
		}
		return;
	}
	c->got += (size_t)n;
	c->answer[c->got] = '\0';
	body = strstr(c->answer, "\r\n\r\n");
	length = strcasestr(c->answer, "\r\ncontent-length:");
	if (body && length &&
		c->got >= (size_t)(body + 4 - c->answer) + strtoul(length + 17, NULL, 10))
		take(c);
}

static void
turn(void)
{
	struct epoll_event events[EVENTS];
	const int n = epoll_wait(g.epoll, events, EVENTS, 5);
	const double t = now();

	for (int i = 0; i < n; i++)
		on_input(events[i].data.ptr);
	for (size_t i = 0; i < g.n; i++)
		if (g.clients[i].phase == PAUSE && g.clients[i].due <= t)
			ask(&g.clients[i], g.clients[i].next);
}

static size_t
count_waiting(void)
{
	size_t waiting = 0;

	for (size_t i = 0; i < g.n; i++)
		waiting += g.clients[i].phase == POLL && now() - g.clients[i].asked > 1;
	return waiting;
}

static int
order(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print(void)
{
	double *back = calloc(g.n + 1, sizeof(*back));
	size_t broken = 0, never = 0, n = 0;

	for (size_t i = 0; i < g.n; i++) {
		struct client *c = &g.clients[i];

		if (c->phase == POLL && c->back == 0 && now() - c->asked > 1)
			held(c);
		if (!c->broken)
			continue;
		broken++;
		if (c->back > 0)
			back[n++] = c->back - g.broken;
		else
			never++;
	}
	qsort(back, n, sizeof(*back), order);
	printf("{\"clients\":%zu,\"broken\":%zu,\"never\":%zu,\"p50\":%.2f,\"p99\":%.2f,\"max\":%."
	       "2f,"
	       "\"requests\":%lu,\"refused\":%lu,\"resyncs\":%lu,\"cut\":%lu}\n",
		g.n, broken, never, n ? back[n / 2] : 0, n ? back[(n - 1) * 99 / 100] : 0,
		n ? back[n - 1] : 0, g.requests, g.refused, g.resyncs, g.cut);
}

int
main(int argc, char **argv)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	struct rlimit files;
	double start, seconds;
	bool ready = false;

	if (argc != 5) {
		fputs("usage: bench_storm PORT PLAN KEY SECONDS\n", stderr);
		return 2;
	}
	g.port = atoi(argv[1]);
	read_plan(argv[2]);
	g.key = argv[3];
	seconds = atof(argv[4]);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	g.epoll = epoll_create1(0);
	start = now();
	for (size_t i = 0; i < g.n; i++) {
		g.clients[i].next = POLL;
		g.clients[i].due = start + (double)i / STARTS_A_SECOND;
	}
	while (g.broken == 0 || now() < g.broken + seconds) {
		turn();
		if (!ready && now() > start + 3 + (double)g.n / STARTS_A_SECOND &&
			count_waiting() > g.n * 99 / 100) {
			printf("ready\n");
			fflush(stdout);
			ready = true;
		}
		if (g.broken == 0 && poll(&input, 1, 0) > 0) {
			g.broken = now();
			g.requests = g.refused = g.resyncs = g.cut = 0;
		}
	}
	print();
	return 0;
}
