// SPDX-License-Identifier: GPL-2.0-or-later
/* What the probe's two threads and who asks them share. */
#pragma once

#include "stage/worker.h"
#include "witnesses/rollback/probe.h"

#define GOOD_ENOUGH_NS (2 * NS_PER_MS) /* see COARSE_NS in function.c */

/* What the bound thread is asked for: everything, or one thing alone. */
enum task { TASK_ALL, TASK_SHORT_SLEEP, TASK_SOFTIRQ };

struct probe {
	struct box *box;
	struct worker bound, beside;
	int cpu; /* valid while both work */
	struct cpulist others;
	int udp_fd, wheel_fds[2];
	bool has_membarrier;
	_Atomic int results[PROBE_STEPS], errors[PROBE_STEPS];
	_Atomic int64_t best_sleep_ns, ended_ns[PROBE_STEPS];
	atomic_int ran_on;
	atomic_bool is_held, is_released; /* the bound thread runs until it is released */
	_Atomic enum task task;           /* that the next ask is for */
};

/* A step is stuck until it says otherwise. */
void probe_step_begins(struct probe *p, enum probe_step step);
void probe_step_ended(struct probe *p, enum probe_step step, enum probe_result result, int error);

/* The bodies of the threads: worker_start(), with the probe as their argument. */
void probe_run_bound(struct worker *w);
void probe_run_beside(struct worker *w);
