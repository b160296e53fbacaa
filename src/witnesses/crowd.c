// SPDX-License-Identifier: GPL-2.0-or-later
/* A worker on each CPU. Judges nothing. */
#include "witnesses/crowd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/wait.h"

/* Binding to a CPU that is online works at once, or is refused for good: this is not the place to
 * judge it. */
#define PIN_LIMIT_NS (2 * NS_PER_S)

struct crowd {
	const struct crowd_kind *kind;
	void *arg;
	struct crowd_member *members[CPULIST_MAX];
};

static void run(struct worker *w)
{
	struct crowd_member *m = w->arg;
	const struct crowd_kind *kind = m->crowd->kind;
	uint64_t asks;

	while (worker_wait_until(w, wait_now_ns() + kind->pause_ns, &asks)) {
		int rounds = asks ? kind->burst_rounds : kind->idle_rounds;

		for (int i = 0; i < rounds; i++)
			kind->round(m, m->crowd->arg);
		if (asks)
			worker_answer(w, asks);
	}
}

static int add_member(struct crowd *c, int cpu)
{
	struct crowd_member *m = calloc(1, sizeof(*m));
	char name[32];
	int r = -ENOMEM;

	if (!m)
		return r;
	m->crowd = c;
	m->cpu = cpu;
	m->data = calloc(1, c->kind->data_size);
	if (m->data) {
		if (c->kind->is_numbered)
			snprintf(name, sizeof(name), "%s/%d", c->kind->name, cpu);
		else
			snprintf(name, sizeof(name), "%s", c->kind->name);
		r = worker_start(&m->worker, name, run, m);
		if (r == 0 || m->worker.is_started) {
			c->members[cpu] = m;
			return r;
		}
	}
	free(m->data);
	free(m);
	return r;
}

int crowd_new(const struct crowd_kind *kind, void *arg, const struct cpulist *cpus,
	      struct crowd **ret)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct cpulist home;
	int r = 0;

	if (!c)
		return -ENOMEM;
	c->kind = kind;
	c->arg = arg;
	cpulist_foreach(cpu, cpus) {
		if (r == 0)
			r = add_member(c, cpu);
	}
	if (r < 0) {
		int freed = crowd_free(c);

		return freed < 0 ? freed : r;
	}
	crowd_settle(c, cpus, &home);
	*ret = c;
	return 0;
}

int crowd_free(struct crowd *c)
{
	int r = 0;

	for (int cpu = 0; c && cpu < CPULIST_MAX; cpu++) {
		struct crowd_member *m = c->members[cpu];

		if (!m)
			continue;
		if (worker_stop(&m->worker) < 0) {
			r = -ETIMEDOUT;
			continue;
		}
		free(m->data);
		free(m);
		c->members[cpu] = NULL;
	}
	if (r == 0)
		free(c);
	return r;
}

struct crowd_member *crowd_at(const struct crowd *c, int cpu)
{
	return cpu >= 0 && cpu < CPULIST_MAX ? c->members[cpu] : NULL;
}

static bool is_bound(struct crowd_member *m, const struct cpulist *own)
{
	struct cpulist now;

	return worker_affinity(&m->worker, &now) == 0 && cpulist_equal(&now, own);
}

void crowd_settle(struct crowd *c, const struct cpulist *cpus, struct cpulist *ret_home)
{
	int64_t deadline = worker_deadline(PIN_LIMIT_NS);
	struct cpulist home = {};

	cpulist_foreach(cpu, cpus) {
		struct cpulist own = cpulist_of(cpu);
		struct crowd_member *m = c->members[cpu];

		if (!m) {
			if (add_member(c, cpu) < 0)
				continue;
			m = c->members[cpu];
		}
		/* The answer of the call is not enough: what counts is the mask afterwards. */
		if (!is_bound(m, &own) &&
		    (worker_pin(&m->worker, &own, deadline) < 0 || !is_bound(m, &own)))
			continue;
		cpulist_add(&home, cpu);
	}
	*ret_home = home;
}

void crowd_burst(struct crowd *c, const struct cpulist *cpus, struct cpulist *ret_done)
{
	int64_t deadline = worker_deadline(WORKER_LIMIT_NS);
	struct cpulist done = {};

	cpulist_foreach(cpu, cpus) {
		if (c->members[cpu])
			worker_ask(&c->members[cpu]->worker);
	}
	cpulist_foreach(cpu, cpus) {
		if (c->members[cpu] && worker_await(&c->members[cpu]->worker, deadline) > 0)
			cpulist_add(&done, cpu);
	}
	*ret_done = done;
}
