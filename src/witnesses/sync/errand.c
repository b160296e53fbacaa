// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs one call in a thread of its own. Judges nothing. */
#include "witnesses/sync/errand.h"

#include "base/wait.h"

static void run(struct worker *w)
{
	struct errand *e = w->arg;
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		atomic_store(&e->result, e->call(e->arg));
		atomic_store(&e->ended_ns, wait_now_ns());
		worker_answer(w, asks);
	}
}

int errand_new(struct errand *e, const char *name, int (*call)(void *arg), void *arg)
{
	e->call = call;
	e->arg = arg;
	return worker_start(&e->worker, name, run, e);
}

void errand_begin(struct errand *e, struct stage *s, const struct act *act)
{
	if (!act->is_done || act->verb == ACT_WRITE || !worker_is_idle(&e->worker))
		return;
	if (act->verb == ACT_OFFLINE && !stage_cpu_is_dead(s, act->cpu))
		return;
	pending_begin(&e->pending, act);
	worker_ask(&e->worker);
}

bool errand_collect(struct errand *e, struct stage *s, struct errand_seen *ret)
{
	const struct pending *p = &e->pending;
	struct errand_seen seen = { .act = p->act, .is_off = p->act.verb == ACT_OFFLINE };

	if (!pending_take(&e->pending))
		return false;
	seen.has_ended = worker_await(&e->worker, pending_deadline(p)) > 0;
	seen.result = seen.has_ended ? atomic_load(&e->result) : 0;
	seen.took_ns = (seen.has_ended ? atomic_load(&e->ended_ns) : wait_now_ns()) - p->asked_ns;
	seen.is_window_closed = pending_is_window_closed(p, s);
	*ret = seen;
	return true;
}

int errand_end(struct errand *e)
{
	return worker_stop(&e->worker);
}
