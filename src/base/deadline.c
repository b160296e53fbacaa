// SPDX-License-Identifier: GPL-2.0-or-later
/* sched_setattr(2) for SCHED_DEADLINE. The structure is the kernel's:
 * include/uapi/linux/sched/types.h */
#include "base/deadline.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POLICY_DEADLINE 6

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

int deadline_set(pid_t pid, int64_t runtime_ns, int64_t period_ns)
{
	bool is_on = runtime_ns > 0;
	struct attr attr = { .size = sizeof(attr),
			     .policy = is_on ? POLICY_DEADLINE : SCHED_OTHER,
			     .runtime = (uint64_t)runtime_ns,
			     .deadline = is_on ? (uint64_t)period_ns : 0,
			     .period = is_on ? (uint64_t)period_ns : 0 };

	return syscall(SYS_sched_setattr, pid, &attr, 0) < 0 ? -errno : 0;
}
