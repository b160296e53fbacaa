// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of the thread that was bound to the dying CPU and running, and how it is judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

struct task_seen {
	int cpu;               /* that went off */
	struct cpulist online; /* after the act */
	bool is_window_closed; /* the CPU was off from begin to end of this look */
	uint64_t turns;        /* of the thread's loop, begun and ended while the CPU was off */
	int64_t waited_ns;     /* for them */
	int last_seen;         /* by the thread itself, in one of these turns; -1: there was none */
	char proc_state;       /* as /proc says */
	int proc_cpu;          /* -1: could not be read */
	int affinity_error;    /* of sched_getaffinity(), 0 or positive errno */
	struct cpulist affinity; /* the poorest of several readings */
};

void task_judge(const struct task_seen *seen, struct findings *ret);
