// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a CPU that comes back and stays out of the mask that sched_setaffinity() checks against:
 * nothing can be bound to it any more. With `quietly` the call says success and the thread stays
 * where it was.
 */
#include <linux/pid.h>

#include "fault_tasks.h"

static bool quietly;
module_param(quietly, bool, 0444);

static struct cpumask returned;

static notrace long refuse(pid_t pid, const struct cpumask *mask)
{
	return quietly ? 0 : -EINVAL;
}

static bool is_meant(pid_t pid)
{
	struct task_struct *task;
	bool is;

	rcu_read_lock();
	task = pid ? pid_task(find_vpid(pid), PIDTYPE_PID) : current;
	is = task && fault_is_user(task);
	rcu_read_unlock();
	return is;
}

static int on_bind(struct kprobe *probe, struct pt_regs *regs)
{
	const struct cpumask *mask = (const struct cpumask *)regs_get_kernel_argument(regs, 1);

	if (cpumask_weight(mask) != 1 || !cpumask_subset(mask, &returned) ||
	    !is_meant(regs_get_kernel_argument(regs, 0)))
		return 0;
	return fault_replace(regs, refuse);
}

static int start(unsigned int cpu)
{
	cpumask_set_cpu(cpu, &returned);
	return 0;
}

static void stop(unsigned int cpu)
{
	cpumask_clear_cpu(cpu, &returned);
}

static struct kprobe probe = {
	.symbol_name = "sched_setaffinity",
	.pre_handler = on_bind,
};

static const struct fault fault = {
	.before = stop,
	.back = start,
	.probes = (struct kprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, NULL);
