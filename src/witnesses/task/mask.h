// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of a mask {A, N} while N was off and afterwards, and of binding to N again; and how
 * it is judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

struct task_mask_partial {
	int cpu, other;         /* N and A */
	bool is_back;           /* N has returned; else it is off */
	bool is_other_online;   /* A, now and all the time since */
	bool is_in_root_cpuset; /* in another cpuset the mask follows that cpuset's rules */
	struct cpulist online;
	int affinity_error; /* 0 or positive errno */
	struct cpulist affinity;
	bool has_run; /* when asked to */
	int64_t waited_ns;
	int ran_on;
};

struct task_mask_repin {
	int cpu;       /* that returned */
	int pin_error; /* of sched_setaffinity(), 0 or positive errno, when the time was over */
	bool is_in_root_cpuset;  /* elsewhere the cpuset may rewrite the mask a little later */
	struct cpulist affinity; /* right after sched_setaffinity() had said success */
	bool has_run;            /* on that CPU */
	int last_cpu;            /* where it ran instead */
	int64_t waited_ns;
};

void task_mask_judge_partial(const struct task_mask_partial *seen, struct findings *ret);
void task_mask_judge_repin(const struct task_mask_repin *seen, struct findings *ret);
