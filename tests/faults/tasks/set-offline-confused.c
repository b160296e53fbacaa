// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a sched_setaffinity() that checks the new mask against the wrong one: it takes a mask of
 * dead CPUs only (and does nothing), or, with `partly`, refuses one that holds a dead CPU among
 * others.
 */
#include <linux/pid.h>

#include "fault_tasks.h"

static bool partly;
module_param(partly, bool, 0444);

static notrace long take(pid_t pid, const struct cpumask *mask)
{
	return 0;
}

static notrace long refuse(pid_t pid, const struct cpumask *mask)
{
	return -EINVAL;
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
	unsigned int cpu = fault_cpu();
	bool is_alone;

	if (cpu >= nr_cpu_ids || cpu_online(cpu) || !cpumask_test_cpu(cpu, mask) ||
	    !is_meant(regs_get_kernel_argument(regs, 0)))
		return 0;
	is_alone = !cpumask_intersects(mask, cpu_online_mask);
	if (partly)
		return is_alone ? 0 : fault_replace(regs, refuse);
	return is_alone ? fault_replace(regs, take) : 0;
}

static struct kprobe probe = {
	.symbol_name = "sched_setaffinity",
	.pre_handler = on_bind,
};

static const struct fault fault = { .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
