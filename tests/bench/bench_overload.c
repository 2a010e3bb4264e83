/*
 * A load generator that can offer more than a server takes: open loop (a request is due at its time
 * whether or not others are answered, and its latency counts from then) or closed loop. Answers that
 * were accepted and those that were refused are told apart. bench_overload.mjs builds and runs it.
 *
 *   bench_overload PORT PLAN CONNECTIONS RATE SECONDS
 *
 * PLAN has lines "credential TAB path"; a message is posted to one after the other. RATE 0: closed loop.
 * Prints one JSON object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 16384, EVENTS = 256, SAMPLES_MAX = 4000000 };

struct target {
	char *credential, *path;
};

struct conn {
	int fd;
	bool busy;
	double due;
	size_t got;
	char answer[ANSWER_MAX];
};

/* Latencies of one kind of answer, in milliseconds. */
struct samples {
	float *ms;
	size_t n;
};

static struct {
	int port, epoll;
	struct target *targets;
	size_t targets_n;
	struct conn *conns;
	struct conn **idle;
	size_t conns_n, idle_n;
	double rate, start, end;
	uint64_t sent;
	struct samples accepted, refused;
	uint64_t failed, without_retry_after, statuses[600];
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
sample(struct samples *s, double seconds)
{
	if (!s->ms && !(s->ms = malloc(SAMPLES_MAX * sizeof(*s->ms))))
		die("malloc");
	if (s->n < SAMPLES_MAX)
		s->ms[s->n++] = (float)(seconds * 1000);
}

static int
order(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static double
percentile(const struct samples *sorted, double p)
{
	return sorted->n ? sorted->ms[(size_t)((double)(sorted->n - 1) * p)] : 0;
}

static void
read_plan(const char *name)
{
	FILE *file = fopen(name, "r");
	char line[1024];

	if (!file)
		die(name);
	while (fgets(line, sizeof(line), file)) {
		char *tab = strchr(line, '\t');

		if (!tab)
			continue;
		*tab = '\0';
		tab[1 + strcspn(tab + 1, "\t\n")] = '\0';
		g.targets = realloc(g.targets, (g.targets_n + 1) * sizeof(*g.targets));
		if (!g.targets)
			die("realloc");
		g.targets[g.targets_n++] = (struct target){ strdup(line), strdup(tab + 1) };
	}
	fclose(file);
	if (!g.targets_n)
		die("the plan is empty");
}

static void
conn_open(struct conn *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)g.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	/* From many addresses, as a server is asked by many. */
	const unsigned i = (unsigned)(c - g.conns);
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f320001U + (i / 250 << 8) + i % 250) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	const int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&from, sizeof(from)) ||
		connect(c->fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(g.epoll, EPOLL_CTL_ADD, c->fd, &event))
		die("epoll_ctl");
	c->got = 0;
}

/* It is opened again when it is needed: nginx lets one go that says nothing for ten seconds. */
static void
conn_close(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
}

static void
post(struct conn *c, double due)
{
	const struct target *t = &g.targets[g.sent % g.targets_n];
	char body[128], request[2048];
	int len = snprintf(body, sizeof(body),
		"{\"clientId\":\"%d-%llu\",\"content\":\"Hello, is anybody there?\"}",
		(int)getpid(), (unsigned long long)g.sent);

	len = snprintf(request, sizeof(request),
		"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		t->path, t->credential, len, body);
	g.sent++;
	if (c->fd < 0)
		conn_open(c);
	c->due = due;
	c->got = 0;
	c->busy = true;
	/* A connection that the server has just closed shows it by what is read from it. */
	if (send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len && errno != EPIPE &&
		errno != ECONNRESET)
		die("send");
}

/* Sends what is due, as far as there are connections. */
static void
send_due(void)
{
	const double t = now();

	if (t >= g.end)
		return;
	while (g.idle_n > 0) {
		const double due = g.rate > 0 ? g.start + (double)g.sent / g.rate : t;

		if (due > t)
			break;
		post(g.idle[--g.idle_n], due);
	}
}

/* Whether the answer is whole. */
static bool
complete(const struct conn *c)
{
	const char *body = strstr(c->answer, "\r\n\r\n"), *length;

	if (!body)
		return false;
	length = strcasestr(c->answer, "\r\ncontent-length:");
	return length && length < body &&
	       c->got >= (size_t)(body + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

static void
take(struct conn *c)
{
	const int status = atoi(c->answer + 9);
	const double t = now();

	if (status > 0 && status < 600 && c->due < g.end)
		g.statuses[status]++;
	if (status == 200 || status == 201)
		sample(&g.accepted, t - c->due);
	else if (status == 429 || status == 503) {
		sample(&g.refused, t - c->due);
		if (!strcasestr(c->answer, "\r\nretry-after: "))
			g.without_retry_after++;
	} else
		g.failed++;
	c->busy = false;
	g.idle[g.idle_n++] = c;
	if (strcasestr(c->answer, "\r\nconnection: close"))
		conn_close(c);
}

static void
on_input(struct conn *c)
{
	const ssize_t n = recv(c->fd, c->answer + c->got, ANSWER_MAX - 1 - c->got, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) { /* nginx ends a connection after a number of requests */
		if (c->busy) {
			g.failed++;
			c->busy = false;
			g.idle[g.idle_n++] = c;
		}
		conn_close(c);
		return;
	}
	c->got += (size_t)n;
	c->answer[c->got] = '\0';
	if (complete(c))
		take(c);
}

static void
run(void)
{
	struct epoll_event events[EVENTS];
	const double patience = 20;

	while (now() < g.end || (g.idle_n < g.conns_n && now() < g.end + patience)) {
		int n;

		send_due();
		n = epoll_wait(g.epoll, events, EVENTS, 1);
		for (int i = 0; i < n; i++)
			on_input(events[i].data.ptr);
	}
}

static void
print_samples(const char *name, struct samples *s)
{
	if (s->n)
		qsort(s->ms, s->n, sizeof(*s->ms), order);
	printf("\"%s\":{\"count\":%zu,\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f},", name, s->n,
		percentile(s, 0.5), percentile(s, 0.99), percentile(s, 1));
}

static void
print(double seconds)
{
	struct rusage used;
	const char *comma = "";

	getrusage(RUSAGE_SELF, &used);
	printf("{\"seconds\":%.2f,\"sent\":%llu,", seconds, (unsigned long long)g.sent);
	print_samples("accepted", &g.accepted);
	print_samples("refused", &g.refused);
	printf("\"failed\":%llu,\"unanswered\":%zu,\"withoutRetryAfter\":%llu,\"cpu\":%.2f,"
	       "\"statuses\":{",
		(unsigned long long)g.failed, g.conns_n - g.idle_n,
		(unsigned long long)g.without_retry_after,
		(double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
	for (int i = 0; i < 600; i++)
		if (g.statuses[i]) {
			printf("%s\"%d\":%llu", comma, i, (unsigned long long)g.statuses[i]);
			comma = ",";
		}
	printf("}}\n");
}

int
main(int argc, char **argv)
{
	double seconds;

	if (argc != 6) {
		fputs("usage: bench_overload PORT PLAN CONNECTIONS RATE SECONDS\n", stderr);
		return 2;
	}
	g.port = atoi(argv[1]);
	read_plan(argv[2]);
	g.conns_n = (size_t)atoi(argv[3]);
	g.rate = atof(argv[4]);
	seconds = atof(argv[5]);
	g.epoll = epoll_create1(0);
	g.conns = calloc(g.conns_n, sizeof(*g.conns));
	g.idle = calloc(g.conns_n, sizeof(struct conn *));
	if (!g.conns || !g.idle || g.epoll < 0)
		die("start");
	for (size_t i = 0; i < g.conns_n; i++) {
		g.conns[i].fd = -1;
		g.idle[g.idle_n++] = &g.conns[i];
	}
	g.start = now();
	g.end = g.start + seconds;
	run();
	print(seconds);
	return 0;
}
