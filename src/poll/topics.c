/* Topics in a hash table, their waiters and short memories in lists. */
#include "poll/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* The length in front keeps apart what a separator could not: ids are any text. */
static size_t
key_of(char *out, size_t size, const char *organization, const char *visitor)
{
	int n = snprintf(out, size, "%zu:%s", strlen(organization), organization);

	if (n > 0 && (size_t)n < size && visitor)
		n += snprintf(out + n + 1, size - (size_t)n - 1, "%s", visitor) + 1;
	return (size_t)n;
}

static size_t
key_room(const char *organization, const char *visitor)
{
	return 24 + strlen(organization) + (visitor ? strlen(visitor) : 0);
}

enum { KEY_SHORT = 512 };

struct topic *
topics_find(struct topics *t, const char *organization, const char *visitor)
{
	char key[KEY_SHORT];
	struct topic *topic;

	if (key_room(organization, visitor) > sizeof(key))
		return NULL;
	HASH_FIND(hh, t->table, key, key_of(key, sizeof(key), organization, visitor), topic);
	return topic;
}

static struct topic *
topic_new(struct topics *t, const char *organization, const char *visitor)
{
	size_t room = key_room(organization, visitor), len;
	struct topic *topic = calloc(1, sizeof(*topic));

	if (!topic || !(topic->key = malloc(room)))
		abort();
	len = key_of(topic->key, room, organization, visitor);
	topic->organization = strchr(topic->key, ':') + 1;
	topic->visitor = visitor ? topic->key + strlen(topic->key) + 1 : NULL;
	HASH_ADD_KEYPTR(hh, t->table, topic->key, len, topic);
	return topic;
}

static struct topic *
find_or_new(struct topics *t, const char *organization, const char *visitor)
{
	struct topic *topic = topics_find(t, organization, visitor);

	return topic ? topic : topic_new(t, organization, visitor);
}

static void
free_if_unused(struct topics *t, struct topic *topic)
{
	if (topic->waiters || topic->lives)
		return;
	HASH_DEL(t->table, topic);
	free(topic->key);
	free(topic);
}

void
topics_join(struct topics *t, struct waiter *w, const char *organization, const char *visitor)
{
	w->topic = find_or_new(t, organization, visitor);
	DL_APPEND(w->topic->waiters, w);
	w->topic->count++;
}

void
topics_leave(struct topics *t, struct waiter *w)
{
	struct topic *topic = w->topic;

	if (!topic)
		return;
	DL_DELETE(topic->waiters, w);
	topic->count--;
	w->topic = NULL;
	free_if_unused(t, topic);
}

static void
live_free(struct topics *t, struct topic *topic, struct live *live)
{
	DL_DELETE(topic->lives, live);
	free(live->sender);
	free(live->about);
	free(live->json);
	free(live);
	if (--topic->lives_count == 0) {
		DL_DELETE2(t->with_lives, topic, live_prev, live_next);
		t->with_lives_count--;
	}
}

static struct live *
live_new(struct topics *t, const char *sender, const char *about, const char *json, int64_t now)
{
	struct live *live = calloc(1, sizeof(*live));

	if (!live)
		abort();
	live->sender = strdup(sender);
	live->about = strdup(about);
	live->json = strdup(json);
	live->until = now + LIVE_MS;
	live->number = ++t->newest_live;
	return live;
}

static void
forget_earlier(struct topics *t, struct topic *topic, const char *sender, const char *about)
{
	struct live *live, *next;

	DL_FOREACH_SAFE (topic->lives, live, next)
		if (strcmp(live->sender, sender) == 0 && strcmp(live->about, about) == 0)
			live_free(t, topic, live);
	if (topic->lives_count == LIVE_PER_TOPIC)
		live_free(t, topic, topic->lives);
}

struct topic *
topics_live(struct topics *t, const char *organization, const char *visitor, const char *sender,
	const char *about, const char *json, int64_t now)
{
	struct topic *topic = topics_find(t, organization, visitor);
	struct live *live;

	if ((!topic || !topic->lives) && t->with_lives_count >= LIVE_TOPICS_MAX)
		return NULL;
	if (key_room(organization, visitor) > KEY_SHORT)
		return NULL;
	topic = find_or_new(t, organization, visitor);
	forget_earlier(t, topic, sender, about);
	if (topic->lives_count++ == 0) {
		DL_APPEND2(t->with_lives, topic, live_prev, live_next);
		t->with_lives_count++;
	}
	live = live_new(t, sender, about, json, now);
	DL_APPEND(topic->lives, live);
	return topic;
}

unsigned
topic_lives(
	const struct topic *topic, uint32_t seen, const char *sender, int64_t now, struct buf *out)
{
	const struct live *live;
	unsigned n = 0;

	DL_FOREACH (topic->lives, live) {
		if (live->number <= seen || live->until < now ||
			(sender && strcmp(sender, live->sender) == 0))
			continue;
		if (n++ && out)
			buf_char(out, ',');
		if (out)
			buf_str(out, live->json);
	}
	return n;
}

void
topics_expire(struct topics *t, int64_t now)
{
	struct topic *topic, *next;

	DL_FOREACH_SAFE2 (t->with_lives, topic, next, live_next) {
		while (topic->lives && topic->lives->until < now)
			live_free(t, topic, topic->lives);
		free_if_unused(t, topic);
	}
}

void
topics_free(struct topics *t)
{
	topics_expire(t, INT64_MAX);
}
