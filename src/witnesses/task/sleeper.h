// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of two threads that slept bound to a CPU that went off, and how it is judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

/* The one that was woken while the CPU was off. */
struct task_sleeper_woken {
	int cpu;
	struct cpulist online; /* after the act */
	bool is_window_closed; /* the CPU was off until the end of this look */
	bool has_woken;
	int64_t waited_ns;
	int woke_on; /* by getcpu */
};

/* The one that was left asleep until the CPU had returned. */
struct task_sleeper_kept {
	int cpu;
	bool is_in_root_cpuset; /* in another cpuset the mask follows that cpuset's rules */
	int affinity_error;     /* before it was woken: 0 or positive errno */
	struct cpulist affinity;
	bool has_woken;
	int64_t waited_ns;
	int woke_on;
};

void task_sleeper_judge_woken(const struct task_sleeper_woken *seen, struct findings *ret);
void task_sleeper_judge_kept(const struct task_sleeper_kept *seen, struct findings *ret);

/* True when this process is in the root cpuset, or there are no cpusets. */
bool task_sleeper_is_in_root_cpuset(struct box *box);
