// SPDX-License-Identifier: GPL-2.0-or-later
/* sched_setattr(2) for SCHED_DEADLINE. The structure is the kernel's:
 * include/uapi/linux/sched/types.h */
#include "base/deadline.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/wait.h"

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

int deadline_get(pid_t pid, int64_t *ret_runtime_ns, int64_t *ret_period_ns)
{
	struct attr attr = { .size = sizeof(attr) };

	if (syscall(SYS_sched_getattr, pid, &attr, sizeof(attr), 0) < 0)
		return -errno;
	if (attr.policy != POLICY_DEADLINE)
		return -EINVAL;
	*ret_runtime_ns = (int64_t)attr.runtime;
	*ret_period_ns = (int64_t)attr.period;
	return 0;
}

/*
 * A timer gives it back, up to one period later. Should its CPU be off by then, 6.1.192 divides by
 * the number of CPUs that are left in its root domain, none, and panics. Timers of a CPU go off in
 * their order, so who slept on each for longer than a period knows that those have.
 */
void deadline_outlast(const struct cpulist *cpus, int64_t period_ns)
{
	cpu_set_t before, set;

	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		return;
	cpulist_foreach(cpu, cpus) {
		struct cpulist one = cpulist_of(cpu);

		cpulist_to_cpu_set(&one, &set);
		if (sched_setaffinity(0, sizeof(set), &set) == 0)
			wait_pause(3 * period_ns);
	}
	if (sched_setaffinity(0, sizeof(before), &before) < 0)
		errno = 0;
}
