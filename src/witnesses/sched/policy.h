// SPDX-License-Identifier: GPL-2.0-or-later
/* What a thread of another policy was when its CPU went off or came back, and how it is judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

struct policy_values {
	int policy, priority, nice;
};

struct policy_seen {
	int cpu;
	bool is_back;          /* the CPU has returned; else it is off */
	bool is_window_closed; /* it was so until the end of this look */
	struct cpulist online; /* after the act */
	struct policy_values was, now;
	int error; /* of sched_getattr(), 0 or positive errno */
	bool has_run;
	int ran_on;
	int64_t waited_ns;
};

void policy_judge(const struct policy_seen *seen, struct findings *ret);
