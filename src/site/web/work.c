// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Workers for requests that take long (archives, argon2id, all that writes), and the keeper that
 * looks once a minute at what time has changed. Their connections are suspended meanwhile.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/wait.h"
#include "site/web/internal.h"
#include "store/cells/cell.h"
#include "store/cells/cube.h"

#define KEEPER_S 60
#define REPLAN_S 10

bool work_add(struct site *s, struct exchange *x)
{
	bool has_room;

	pthread_mutex_lock(&s->work.lock);
	has_room = s->work.n_waiting < LIMITS_SLOW_QUEUE && !s->work.is_stopping;
	if (has_room) {
		/* Before a worker can see it: it resumes what must be suspended by then. */
		MHD_suspend_connection(x->connection);
		x->next = NULL;
		if (s->work.last)
			s->work.last->next = x;
		else
			s->work.first = x;
		s->work.last = x;
		s->work.n_waiting++;
		pthread_cond_signal(&s->work.wake);
	}
	pthread_mutex_unlock(&s->work.lock);
	return has_room;
}

static struct exchange *take(struct site *s)
{
	struct exchange *x;

	pthread_mutex_lock(&s->work.lock);
	while (!s->work.first && !s->work.is_stopping)
		pthread_cond_wait(&s->work.wake, &s->work.lock);
	x = s->work.first;
	if (x) {
		s->work.first = x->next;
		if (!s->work.first)
			s->work.last = NULL;
		s->work.n_waiting--;
	}
	pthread_mutex_unlock(&s->work.lock);
	return x;
}

static void *work(void *arg)
{
	struct site *s = arg;
	struct exchange *x;

	/* What is in the queue is done even when it is to stop: somebody waits for it. */
	while ((x = take(s))) {
		struct MHD_Connection *connection = x->connection;

		answer_make(x->request);
		x->is_answered = true;
		MHD_resume_connection(connection);
	}
	return NULL;
}

static void refresh(struct site *s)
{
	struct db *db = NULL;
	struct error err = { 0 };

	if (site_take_writer(s, &db, &err) < 0)
		return;
	/* What fails now is tried again in a minute. */
	if (db_begin(db, &err) >= 0 && cell_refresh(db, 0, time(NULL), &err) >= 0 &&
	    db_commit(db, &err) < 0)
		err.code = 0;
	site_return(s, db);
	/* What a rule's change left when it took too long, or was killed. */
	if (work_replan(s, wait_monotonic_ns() + REPLAN_S * NS_PER_S, time(NULL), &err) < 0)
		err.code = 0;
}

int work_replan(struct site *s, int64_t until_ns, int64_t now, struct error *err)
{
	struct db *db = NULL;
	int r = 1;

	while (r == 1 && wait_monotonic_ns() < until_ns) {
		r = site_take_writer(s, &db, err);
		if (r < 0)
			return r;
		r = cell_replan_step(db, now, err);
		site_return(s, db);
		/* A lock that is taken again at once is never somebody else's. */
		if (r == 1)
			wait_pause(NS_PER_MS);
	}
	return r;
}

/* Before the first one asks for the matrix. What fails here fails again there, with somebody to
 * tell. */
static void read_ahead(struct site *s)
{
	struct cube_view view _cleanup_view_ = { 0 };
	struct db *db = NULL;
	struct error err = { 0 };

	if (site_reader(s, &db, &err) < 0)
		return;
	if (cube_look(s->cube, db, &view, &err) < 0)
		view = (struct cube_view){ 0 };
	cube_look_away(&view);
	site_return(s, db);
}

static void *keep(void *arg)
{
	struct site *s = arg;
	struct timespec until;

	read_ahead(s);
	pthread_mutex_lock(&s->work.lock);
	while (!s->work.is_stopping) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += KEEPER_S;
		if (pthread_cond_timedwait(&s->work.wake_keeper, &s->work.lock, &until) !=
		    ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&s->work.lock);
		refresh(s);
		pthread_mutex_lock(&s->work.lock);
	}
	pthread_mutex_unlock(&s->work.lock);
	return NULL;
}

int work_start(struct site *s, struct error *err)
{
	int r = 0;

	pthread_mutex_init(&s->work.lock, NULL);
	pthread_cond_init(&s->work.wake, NULL);
	pthread_cond_init(&s->work.wake_keeper, NULL);
	for (int i = 0; i < LIMITS_WORKERS && r == 0; i++) {
		r = pthread_create(&s->work.threads[i], NULL, work, s);
		s->work.n_threads += r == 0;
	}
	if (r == 0)
		r = pthread_create(&s->work.keeper, NULL, keep, s);
	s->work.has_keeper = r == 0;
	return r == 0 ? 0 : error_set(err, r, "cannot start a worker: %s", strerror(r));
}

void work_stop(struct site *s)
{
	pthread_mutex_lock(&s->work.lock);
	s->work.is_stopping = true;
	pthread_cond_broadcast(&s->work.wake);
	pthread_cond_broadcast(&s->work.wake_keeper);
	pthread_mutex_unlock(&s->work.lock);
	for (int i = 0; i < s->work.n_threads; i++)
		pthread_join(s->work.threads[i], NULL);
	if (s->work.has_keeper)
		pthread_join(s->work.keeper, NULL);
	pthread_mutex_destroy(&s->work.lock);
	pthread_cond_destroy(&s->work.wake);
	pthread_cond_destroy(&s->work.wake_keeper);
}
