// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One worker on each CPU that all do the same small round: seldom while nothing happens, many times
 * in a row when asked. What a round looks at, and what it means, is the witness's business. A
 * member whose CPU is away goes on elsewhere, and is bound to it again by crowd_settle().
 */
#pragma once

#include "stage/worker.h"

struct crowd;

struct crowd_member {
	struct worker worker;
	struct crowd *crowd;
	int cpu;    /* its own */
	void *data; /* crowd_kind.data_size bytes, zeroed at first */
};

struct crowd_kind {
	const char *name; /* of the threads; with is_numbered "/CPU" is added */
	bool is_numbered;
	int64_t pause_ns; /* between the idle rounds */
	int idle_rounds;  /* at once, each time */
	int burst_rounds;
	size_t data_size;
	void (*round)(struct crowd_member *m, void *arg); /* in the member's thread */
};

/* `kind` and `arg` must outlive the crowd. */
_must_check_ int crowd_new(const struct crowd_kind *kind, void *arg, const struct cpulist *cpus,
			   struct crowd **ret);

/* -ETIMEDOUT: a member did not end; it, and so the crowd and `arg`, must stay for ever. */
_must_check_ int crowd_free(struct crowd *c);

/* The member of this CPU, or NULL. */
struct crowd_member *crowd_at(const struct crowd *c, int cpu);

/*
 * Binds each of these CPUs' members to its CPU (and starts those that are missing). *ret_home are
 * the CPUs for which that is so: sched_getaffinity() says it.
 */
void crowd_settle(struct crowd *c, const struct cpulist *cpus, struct cpulist *ret_home);

/* Many rounds by the members of these CPUs, all at once; *ret_done: those who ended them in time.
 */
void crowd_burst(struct crowd *c, const struct cpulist *cpus, struct cpulist *ret_done);
