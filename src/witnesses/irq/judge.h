// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel promises about interrupts of a CPU that goes, as comparisons of facts that were
 * read before. No file, no clock, no journal: each can be tried with made-up facts.
 */
#pragma once

#include "witnesses/irq/scan.h"

enum judge_result { JUDGE_MET, JUDGE_UNMET, JUDGE_UNEXERCISED };

struct judgement {
	enum judge_result result;
	int irq;        /* the one that shows it; -1: none */
	char text[384]; /* true in any outcome */
};

/* An unmanaged interrupt that was delivered on `cpu` until the CPU went. */
struct judge_rerouted {
	int cpu, irq;
	const char *name;
	struct cpulist online;        /* now */
	struct irq_affinity affinity; /* now */
	uint64_t arrivals;            /* counted on CPUs that are online, since the CPU went */
	int arrived_on;               /* one of them; -1: none */
	int64_t waited_ms;
};
void judge_rerouted(const struct judge_rerouted *f, struct judgement *ret);

/* The columns of the CPUs of `dead`, at the beginning and at the end of a window in which all of
 * them were off. */
void judge_frozen(const struct scan *opened, const struct scan *closed, const struct cpulist *dead,
		  struct judgement *ret);

/* The column of a CPU before it went and after it returned: it goes on, and does not begin anew. */
void judge_column_kept(const struct scan *before, const struct scan *now, int cpu,
		       struct judgement *ret);

/* No interrupt that has ever come goes to dead CPUs only. `before`: to show that some had to move
 * away from `cpu`. */
void judge_none_on_dead(const struct scan *before, const struct scan *now, int cpu,
			bool (*is_managed)(void *arg, int irq), void *arg, struct judgement *ret);

/* A managed interrupt that belongs to `cpu` alone, at the end of the window in which the CPU was
 * off. */
struct judge_managed {
	int cpu, irq;
	const char *name;
	struct cpulist mask, effective;
	bool has_effective;
	uint64_t arrivals; /* off: anywhere while it was off; back: on the CPU since it returned */
	uint64_t reads;    /* that completed meanwhile */
	int read_error;    /* errno of a read that failed; 0: none */
	int64_t waited_ms;
};
void judge_managed_off(const struct judge_managed *f, struct judgement *ret);
void judge_managed_back(const struct judge_managed *f, struct judgement *ret);
