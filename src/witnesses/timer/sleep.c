// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads that sleep once each time they are asked, in a way that the kernel must end by a timer.
 */
#include "witnesses/timer/sleep.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "witnesses/timer/clock.h"

enum way { WAY_NANOSLEEP, WAY_POLL, WAY_RECEIVE };

/* The short ones outlast what other witnesses do before the act, and end in the window of most
 * acts; the long one often ends after the return. */
static const struct {
	const char *name;
	enum way way;
	int64_t length_ns;
} plans[TIMER_SLEEPS] = {
	{ "nanosleep", WAY_NANOSLEEP, 120 * NS_PER_MS },
	{ "poll", WAY_POLL, 180 * NS_PER_MS },
	{ "SO_RCVTIMEO", WAY_RECEIVE, 240 * NS_PER_MS },
	{ "nanosleep", WAY_NANOSLEEP, 400 * NS_PER_MS },
};

struct sleep {
	struct worker worker;
	int plan;
	int sockets[2];
	_Atomic int64_t expiry_ns; /* CLOCK_MONOTONIC; 0: it has not begun */
	_Atomic int64_t ended_ns;
	atomic_int begun_on;
	int cpu; /* where it was seen asleep; -1: nothing to tell */
};

struct timer_sleeps {
	struct sleep sleeps[TIMER_SLEEPS];
};

static void fall_asleep(struct sleep *p, int64_t expiry_ns)
{
	struct timespec at = { expiry_ns / NS_PER_S, expiry_ns % NS_PER_S };
	const clockid_t mono = CLOCK_MONOTONIC;
	char byte;

	switch (plans[p->plan].way) {
	case WAY_NANOSLEEP:
		/* No signal reaches the thread. */
		clock_nanosleep(mono, TIMER_ABSTIME, &at, NULL); /* sanctioned: it is tested */
		break;
	case WAY_POLL: wait_pause(plans[p->plan].length_ns); break;
	case WAY_RECEIVE: (void)!recv(p->sockets[0], &byte, 1, 0); break;
	}
}

static void run(struct worker *w)
{
	struct sleep *p = w->arg;
	uint64_t asks;

	while ((asks = worker_wait(w)) > 0) {
		int64_t expiry_ns, shift_ns = timer_clock_shift();

		atomic_store(&p->begun_on, worker_getcpu());
		/* Before the call: relative time-outs begin later than this and so end later too.
		 */
		expiry_ns = wait_monotonic_ns() + plans[p->plan].length_ns;
		atomic_store(&p->expiry_ns, expiry_ns);
		fall_asleep(p, expiry_ns);
		atomic_store(&p->ended_ns, timer_clock_latest(shift_ns));
		worker_answer(w, asks);
	}
}

static int open_sockets(struct sleep *p)
{
	int64_t length_ns = plans[p->plan].length_ns;
	struct timeval limit = { length_ns / NS_PER_S, length_ns % NS_PER_S / NS_PER_US };

	if (plans[p->plan].way != WAY_RECEIVE)
		return 0;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, p->sockets) < 0)
		return -errno;
	return setsockopt(p->sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0
		       ? -errno
		       : 0;
}

int timer_sleeps_new(struct timer_sleeps **ret)
{
	struct timer_sleeps *t = calloc(1, sizeof(*t));
	int r = 0;

	if (!t)
		return -ENOMEM;
	for (int i = 0; i < TIMER_SLEEPS; i++) {
		t->sleeps[i].plan = i;
		t->sleeps[i].cpu = -1;
		t->sleeps[i].sockets[0] = t->sleeps[i].sockets[1] = -1;
	}
	for (int i = 0; i < TIMER_SLEEPS && r == 0; i++) {
		r = open_sockets(&t->sleeps[i]);
		if (r == 0)
			r = worker_start(&t->sleeps[i].worker, "hp-timer", run, &t->sleeps[i]);
	}
	if (r < 0) {
		int freed = timer_sleeps_free(t);

		return freed < 0 ? freed : r;
	}
	*ret = t;
	return 0;
}

int timer_sleeps_free(struct timer_sleeps *t)
{
	int r = 0;

	for (int i = 0; t && i < TIMER_SLEEPS; i++) {
		if (worker_stop(&t->sleeps[i].worker) < 0) {
			r = -ETIMEDOUT;
			continue;
		}
		cleanup_close(&t->sleeps[i].sockets[0]);
		cleanup_close(&t->sleeps[i].sockets[1]);
	}
	if (r == 0)
		free(t);
	return r;
}

int timer_sleeps_begin(struct timer_sleeps *t, struct box *box, int cpu, int64_t deadline_ns)
{
	struct cpulist own = cpulist_of(cpu), now;
	int n = 0;

	for (int i = 0; i < TIMER_SLEEPS; i++) {
		struct sleep *p = &t->sleeps[i];

		if (!worker_is_idle(&p->worker))
			continue;
		p->cpu = -1;
		if (worker_pin(&p->worker, &own, deadline_ns) < 0)
			continue;
		atomic_store(&p->expiry_ns, 0);
		p->cpu = cpu;
		worker_ask(&p->worker);
	}
	for (int i = 0; i < TIMER_SLEEPS; i++) {
		struct sleep *p = &t->sleeps[i];
		int64_t deadline = deadline_ns;

		if (p->cpu != cpu || worker_is_idle(&p->worker))
			continue;
		if (worker_await_asleep(box, &p->worker, cpu, deadline) > 0 &&
		    atomic_load(&p->expiry_ns) > 0 && atomic_load(&p->begun_on) == cpu &&
		    worker_affinity(&p->worker, &now) == 0 && cpulist_equal(&now, &own))
			n++;
		else
			p->cpu = -1;
	}
	return n;
}

static void tell(const struct sleep *p, bool has_ended, int64_t waited_ns, struct timer_seen *seen)
{
	int64_t late_ns = atomic_load(&p->ended_ns) - atomic_load(&p->expiry_ns);

	if (seen->n_sleeps == TIMER_SLEEPS)
		return;
	seen->sleeps[seen->n_sleeps++] = (struct timer_sleep_seen){
		.name = plans[p->plan].name,
		.length_ns = plans[p->plan].length_ns,
		.has_ended = has_ended,
		.may_be_early = plans[p->plan].way == WAY_RECEIVE,
		.early_ns = has_ended && late_ns < 0 ? -late_ns : 0,
		.late_ns = has_ended && late_ns > 0 ? late_ns : 0,
		.waited_ns = waited_ns,
	};
}

void timer_sleeps_look(struct timer_sleeps *t, int cpu, int64_t longest_ns, int64_t began_ns,
		       int64_t limit_ns, struct timer_seen *seen)
{
	for (int i = 0; i < TIMER_SLEEPS; i++) {
		struct sleep *p = &t->sleeps[i];
		int64_t expiry_ns = atomic_load(&p->expiry_ns), left_ns;
		bool has_ended;

		if (p->cpu != cpu || plans[p->plan].length_ns > longest_ns)
			continue;
		p->cpu = -1;
		if (expiry_ns <= began_ns)
			continue;
		left_ns = expiry_ns - wait_monotonic_ns() + limit_ns;
		has_ended = worker_await(&p->worker, wait_now_ns() + left_ns) > 0;
		tell(p, has_ended, wait_monotonic_ns() - expiry_ns, seen);
	}
}
