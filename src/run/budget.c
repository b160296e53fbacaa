// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The time that the user gave: what is worth most is played first, what does not fit any more is
 * left out and named. How long a scenario takes here is not known: what the first ones took tells
 * how this box compares with the one that the costs were measured on.
 */
#include <stdlib.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "run/internal.h"

#define RANK_LAST 100
/* A scenario that does not say what it costs. */
#define BASE_MS 1000
#define CPU_MS 2000

static int rank(const struct scenario *sc)
{
	return sc->rank > 0 ? sc->rank : RANK_LAST;
}

static int by_rank(const void *a, const void *b)
{
	const struct scenario *const *x = a, *const *y = b;

	return rank(*x) - rank(*y);
}

void run_sort_by_rank(const struct scenario **scenarios, size_t n)
{
	qsort(scenarios, n, sizeof(*scenarios), by_rank);
}

int64_t run_cost_ns(const struct run_setup *setup, const struct scenario *sc)
{
	int base = sc->cost.base_ms, cpu = sc->cost.cpu_ms, n_cpus = 1;
	struct cpulist can;

	if (base == 0 && cpu == 0) {
		base = BASE_MS;
		cpu = CPU_MS;
	}
	if (cpu_hotpluggable_read(setup->box, &can) == 0) {
		if (cpulist_count(&setup->cpus) > 0)
			can = cpulist_and(&can, &setup->cpus);
		n_cpus = cpulist_count(&can);
	}
	return (base + (int64_t)cpu * n_cpus) * NS_PER_MS;
}

bool run_fits(struct run *run, const struct scenario *sc)
{
	int64_t left = run->setup->budget_ns - (wait_now_ns() - run->began_ns);
	double cost = (double)run_cost_ns(run->setup, sc);

	if (run->setup->budget_ns <= 0)
		return true;
	if (run->cost_ns > 0)
		cost *= (double)run->spent_ns / (double)run->cost_ns;
	if (cost <= (double)left)
		return true;
	json_array_append_new(run->left_out, json_string(sc->id));
	return false;
}

void run_spent(struct run *run, const struct scenario *sc, int64_t ns)
{
	run->cost_ns += run_cost_ns(run->setup, sc);
	run->spent_ns += ns;
}

void run_note_left_out(struct run *run)
{
	if (json_array_size(run->left_out) > 0)
		journal_write(run->journal, "note",
			      json_pack("{s:s, s:s, s:{s:O, s:I}}", "what", "not-fitted", "text",
					"scenarios that did not fit into the time that was given",
					"data", "scenarios", run->left_out, "budget_ns",
					(json_int_t)run->setup->budget_ns));
}
