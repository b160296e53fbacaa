// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Three threads, two of them on the CPU that goes, count under a mutex, a priority-inheriting mutex
 * and a read-write lock, and meet at a barrier after each round, all through the act. The sums must
 * be exact. How fast they are is not judged.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/wait.h"
#include "stage/needs.h"
#include "witnesses/sync/pending.h"
#include "witnesses/sync/sync.h"
#include "witnesses/witnesses.h"
#include "stage/worker.h"

#define THREADS 3
#define TURNS 3 /* of each lock in a round */
#define PAUSE_NS (30 * NS_PER_MS)

static const struct claim exact_result = {
	.id = "lock.exact-result",
	.summary = "Counters under locks are exact although a CPU came or went",
	.explain =
		"Three threads, two of them bound to the CPU, count under a mutex, a priority-inheriting mutex and a read-write lock and wait for each other at a "
		"barrier while the CPU goes or comes. They must go on within 10 s (scaled), and each sum must be the exact one. A failure means that a thread was lost "
		"in a lock, that two held it at once, or that a write of the dying CPU did not reach memory.",
	.refs = REFS("man:futex(2)", "Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:lock-holder-lost", "unit:locks-inexact", "unit:locks-stuck"),
};

struct locks {
	struct finding_voice voice;
	struct worker workers[THREADS];
	uint64_t rounds[THREADS]; /* each written by its own thread */
	pthread_mutex_t plain, inheriting;
	pthread_rwlock_t rw;
	pthread_barrier_t barrier;
	/* volatile: each turn is a read and a write of its own, as in a program that does more */
	volatile uint64_t counted[LOCKS_KINDS], twin;
	_Atomic uint64_t torn;
	bool is_last; /* written while all others are at the barrier */
	struct pending pending;
	struct presence presences[2]; /* of those that are on the CPU */
	bool is_running, was_there;
};

static void one_round(struct locks *l)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&l->plain);
		l->counted[0]++;
		pthread_mutex_unlock(&l->plain);
		pthread_mutex_lock(&l->inheriting);
		l->counted[1]++;
		pthread_mutex_unlock(&l->inheriting);
		pthread_rwlock_wrlock(&l->rw);
		l->counted[2]++;
		l->twin++;
		pthread_rwlock_unlock(&l->rw);
		pthread_rwlock_rdlock(&l->rw);
		if (l->counted[2] != l->twin)
			atomic_fetch_add(&l->torn, 1);
		pthread_rwlock_unlock(&l->rw);
	}
}

static void note(struct locks *l, size_t i)
{
	if (i < ARRAY_SIZE(l->presences))
		presence_note(&l->presences[i]);
}

/* The first one leads: the others are at the barrier until it comes. */
static void lead(struct worker *w)
{
	struct locks *l = w->arg;

	pthread_barrier_wait(&l->barrier);
	if (l->is_last)
		return;
	one_round(l);
	l->rounds[0]++;
	note(l, 0);
	pthread_barrier_wait(&l->barrier);
}

static void run_leader(struct worker *w)
{
	worker_tick(w, PAUSE_NS, lead);
}

static void run_follower(struct worker *w)
{
	struct locks *l = w->arg;

	for (;;) {
		pthread_barrier_wait(&l->barrier);
		if (l->is_last)
			return;
		one_round(l);
		l->rounds[w - l->workers]++;
		note(l, (size_t)(w - l->workers));
		pthread_barrier_wait(&l->barrier);
	}
}

void locks_judge(const struct locks_seen *seen, struct findings *ret)
{
	bool is_exact = seen->torn == 0;
	json_t *data = json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:f}", "cpu", seen->cpu,
				 "expected", (json_int_t)seen->expected, "mutex",
				 (json_int_t)seen->counted[0], "pi_mutex",
				 (json_int_t)seen->counted[1], "rwlock",
				 (json_int_t)seen->counted[2], "torn", (json_int_t)seen->torn,
				 "waited_ms", (double)seen->waited_ns / NS_PER_MS);

	for (int i = 0; i < LOCKS_KINDS; i++)
		is_exact = is_exact && seen->counted[i] == seen->expected;
	for (int i = 1; i < THREADS; i++)
		is_exact = is_exact && seen->rounds[i] == seen->rounds[0];
	if (!seen->goes_on)
		finding_add(
			ret, &exact_result, FINDING_UNMET, data,
			"three threads with locks, two of them on cpu%d, stood still for %.0f ms (rounds %llu, %llu, %llu)",
			seen->cpu, (double)seen->waited_ns / NS_PER_MS,
			(unsigned long long)seen->rounds[0], (unsigned long long)seen->rounds[1],
			(unsigned long long)seen->rounds[2]);
	else if (is_exact && !seen->was_there)
		finding_add(ret, &exact_result, FINDING_UNEXERCISED, data,
			    "the threads did not count on cpu%d before the act", seen->cpu);
	else
		finding_add(
			ret, &exact_result, is_exact ? FINDING_MET : FINDING_UNMET, data,
			"three threads, two of them on cpu%d, counted to %llu, %llu and %llu under three locks, expected is %llu; %llu torn reads",
			seen->cpu, (unsigned long long)seen->counted[0],
			(unsigned long long)seen->counted[1], (unsigned long long)seen->counted[2],
			(unsigned long long)seen->expected, (unsigned long long)seen->torn);
}

static int make_locks(struct locks *l)
{
	pthread_mutexattr_t attr;
	int r = pthread_mutexattr_init(&attr);

	if (r == 0)
		r = pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (r == 0)
		r = pthread_mutex_init(&l->inheriting, &attr);
	pthread_mutexattr_destroy(&attr);
	if (r == 0)
		r = pthread_mutex_init(&l->plain, NULL);
	if (r == 0)
		r = pthread_rwlock_init(&l->rw, NULL);
	if (r == 0)
		r = pthread_barrier_init(&l->barrier, NULL, THREADS);
	return -r;
}

static int stop_all(struct locks *l)
{
	struct worker *leader = &l->workers[0];
	int r = 0;

	atomic_store(&leader->is_spinning, false);
	if (leader->is_started && worker_is_idle(leader)) {
		l->is_last = true;
		worker_ask(leader);
		(void)!worker_await(leader, worker_deadline(WORKER_LIMIT_NS));
	}
	for (int i = 0; i < THREADS; i++)
		if (worker_stop(&l->workers[i]) < 0)
			r = -ETIMEDOUT;
	return r;
}

static int plant(struct stage *s, void **ret_state)
{
	struct locks *l = calloc(1, sizeof(*l));
	int r;

	(void)s;
	if (!l)
		return -ENOMEM;
	l->voice.witness = &witness_locks;
	r = make_locks(l);
	for (int i = 0; i < THREADS && r == 0; i++)
		r = worker_start(&l->workers[i], "hp-locks", i ? run_follower : run_leader, l);
	if (r < 0) {
		if (stop_all(l) == 0)
			free(l);
		return r;
	}
	*ret_state = l;
	return 0;
}

/* NULL: they are to count; the first two on the CPU, where that is there. */
static const char *set_going(struct locks *l, const struct act *act)
{
	struct cpulist others = act->online_before, own = cpulist_of(act->cpu);
	int64_t deadline = worker_deadline(NS_PER_S);
	struct worker *leader = &l->workers[0];

	if (!worker_is_idle(leader))
		return "have not come back from the act before";
	cpulist_del(&others, act->cpu);
	if (act->verb != ACT_OFFLINE)
		own = others;
	for (int i = 0; i < THREADS; i++)
		if (worker_pin(&l->workers[i], i < 2 ? &own : &others, deadline) < 0)
			return "could not be bound";
	for (int i = 0; i < THREADS; i++)
		l->rounds[i] = 0;
	for (int i = 0; i < LOCKS_KINDS; i++)
		l->counted[i] = 0;
	l->twin = 0;
	atomic_store(&l->torn, 0);
	for (size_t i = 0; i < ARRAY_SIZE(l->presences); i++)
		presence_want(&l->presences[i], act->verb == ACT_OFFLINE ? act->cpu : -1);
	l->is_running = true;
	atomic_store(&leader->is_spinning, true);
	worker_ask(leader);
	return NULL;
}

static void collect(struct stage *s, struct locks *l)
{
	_cleanup_findings_ struct findings f = {};
	struct locks_seen seen = { .cpu = l->pending.act.cpu, .was_there = l->was_there };

	if (!pending_take(&l->pending))
		return;
	/* The round that answers is the last one: after it the counters stand still. */
	seen.goes_on = worker_await(&l->workers[0], pending_deadline(&l->pending)) > 0;
	seen.waited_ns = wait_now_ns() - l->pending.asked_ns;
	for (int i = 0; i < THREADS; i++) {
		seen.rounds[i] = l->rounds[i];
		seen.expected += l->rounds[i] * TURNS;
	}
	for (int i = 0; i < LOCKS_KINDS; i++)
		seen.counted[i] = l->counted[i];
	seen.torn = atomic_load(&l->torn);
	locks_judge(&seen, &f);
	finding_tell(&l->voice, s, &l->pending.act, &f);
}

static int before(struct stage *s, void *state, const struct act *act)
{
	_cleanup_findings_ struct findings f = {};
	struct locks *l = state;
	const char *why;

	collect(s, l);
	if (act->verb == ACT_WRITE || act->is_noop)
		return 0;
	why = set_going(l, act);
	if (!why)
		return 0;
	finding_add(&f, &exact_result, FINDING_UNEXERCISED, NULL, "the threads for cpu%d %s",
		    act->cpu, why);
	finding_tell(&l->voice, s, act, &f);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct locks *l = state;

	(void)s;
	if (!l->is_running)
		return 0;
	l->is_running = false;
	l->was_there = true;
	for (size_t i = 0; i < ARRAY_SIZE(l->presences); i++)
		if (!presence_is_proved(&l->presences[i], act))
			l->was_there = false;
	atomic_store(&l->workers[0].is_spinning, false);
	worker_ask(&l->workers[0]);
	if (act->is_done)
		pending_begin(&l->pending, act);
	return 0;
}

static int uproot(struct stage *s, void *state)
{
	struct locks *l = state;
	int r;

	collect(s, l);
	finding_tell_silent(&l->voice, s, "no CPU went off or came back in this scenario");
	r = stop_all(l);
	if (r == 0)
		free(l);
	return r;
}

const struct witness witness_locks = {
	.id = "locks",
	.summary = "three threads that count under locks, two of them on the dying CPU",
	.explain =
		"A mutex, a priority-inheriting mutex, a read-write lock and a barrier, from before the act until after it.",
	.claims = CLAIMS(&exact_result),
	.needs = NEEDS(&need_real_box),
	.plant = plant,
	.before = before,
	.after = after,
	.uproot = uproot,
};
