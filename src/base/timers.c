/* The wheel. A time beyond one turn lies in its slot until its turn comes round. */
#include "base/timers.h"

#include <string.h>

void
timers_init(struct timers *t, int64_t now)
{
	memset(t, 0, sizeof(*t));
	t->done = now / TIMER_TICK;
}

void
timers_clear(struct timer *timer)
{
	if (!timer->link)
		return;
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	timer->link = NULL;
}

static void
push(struct timer **list, struct timer *timer)
{
	timer->next = *list;
	timer->link = list;
	if (timer->next)
		timer->next->link = &timer->next;
	*list = timer;
}

void
timers_set(struct timers *t, struct timer *timer, int64_t at)
{
	int64_t tick = (at + TIMER_TICK - 1) / TIMER_TICK;
	size_t slot;

	timers_clear(timer);
	if (tick <= t->done)
		tick = t->done + 1;
	slot = (size_t)(tick % TIMER_SLOTS);
	timer->at = at;
	push(&t->slots[slot], timer);
	t->used[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void
run_slot(struct timers *t, size_t slot, int64_t now)
{
	struct timer *due = t->slots[slot], *timer;

	t->slots[slot] = NULL;
	t->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	if (due)
		due->link = &due;
	while ((timer = due)) {
		timers_clear(timer);
		if (timer->at > now)
			timers_set(t, timer, timer->at);
		else
			timer->fn(timer->arg);
	}
}

void
timers_run(struct timers *t, int64_t now)
{
	int64_t last = now / TIMER_TICK;

	/* After a long stop one whole turn sees everything. */
	if (last - t->done > TIMER_SLOTS)
		t->done = last - TIMER_SLOTS;
	while (t->done < last) {
		t->done++;
		if (t->used[t->done % TIMER_SLOTS / 64] >> t->done % 64 & 1)
			run_slot(t, (size_t)(t->done % TIMER_SLOTS), now);
	}
}

int
timers_wait(const struct timers *t, int64_t now)
{
	for (int64_t tick = t->done + 1; tick <= t->done + TIMER_SLOTS;) {
		size_t slot = (size_t)(tick % TIMER_SLOTS);
		uint64_t rest = t->used[slot / 64] >> slot % 64;

		if (rest) {
			int64_t at = (tick + __builtin_ctzll(rest)) * TIMER_TICK;

			return at > now ? (int)(at - now) : 0;
		}
		tick += (int64_t)(64 - slot % 64);
	}
	return -1;
}
