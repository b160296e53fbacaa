// SPDX-License-Identifier: GPL-2.0-or-later
/* The threads of sender.h. */
#include "site/tell/sender.h"

#include <string.h>
#include <time.h>

#include "site/tell/post.h"
#include "site/tell/tell.h"
#include "site/web/internal.h"

static void *run(void *arg)
{
	struct sender *me = arg;
	struct site *s = me->site;

	pthread_mutex_lock(&s->senders.lock);
	while (!tell_is_stopping(s)) {
		if (!s->senders.is_wanted) {
			pthread_cond_wait(&s->senders.wake, &s->senders.lock);
			continue;
		}
		s->senders.is_wanted = false;
		pthread_mutex_unlock(&s->senders.lock);
		while (!tell_is_stopping(s) && post_send_next(s, me, time(NULL)))
			;
		pthread_mutex_lock(&s->senders.lock);
	}
	pthread_mutex_unlock(&s->senders.lock);
	return NULL;
}

int sender_start(struct site *s, struct error *err)
{
	int r = 0;

	pthread_mutex_init(&s->senders.lock, NULL);
	pthread_mutex_init(&s->senders.picking, NULL);
	pthread_cond_init(&s->senders.wake, NULL);
	for (int i = 0; i < LIMITS_SENDERS; i++)
		s->senders.list[i] = (struct sender){ .site = s, .subscription = SENDER_IDLE };
	for (int i = 0; i < LIMITS_SENDERS && r == 0; i++) {
		r = pthread_create(&s->senders.list[i].thread, NULL, run, &s->senders.list[i]);
		s->senders.n += r == 0;
	}
	return r == 0 ? 0 : error_set(err, r, "cannot start a thread: %s", strerror(r));
}

void sender_wake(struct site *s)
{
	pthread_mutex_lock(&s->senders.lock);
	s->senders.is_wanted = true;
	pthread_cond_signal(&s->senders.wake);
	pthread_mutex_unlock(&s->senders.lock);
}

void sender_stop(struct site *s)
{
	pthread_mutex_lock(&s->senders.lock);
	pthread_cond_broadcast(&s->senders.wake);
	pthread_mutex_unlock(&s->senders.lock);
	for (int i = 0; i < s->senders.n; i++)
		pthread_join(s->senders.list[i].thread, NULL);
	s->senders.n = 0;
	pthread_mutex_destroy(&s->senders.lock);
	pthread_mutex_destroy(&s->senders.picking);
	pthread_cond_destroy(&s->senders.wake);
}
