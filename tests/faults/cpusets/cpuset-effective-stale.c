// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a cpuset that hotplug forgot: cpuset.cpus.effective names the dead CPU still. The
 * affinities of its tasks are right. It is written again and again, for the kernel may be at it
 * later.
 */
#include <linux/cgroup.h>
#include <linux/workqueue.h>

#include "fault_tasks.h"

/* The beginning of the kernel's own struct cpuset, which it keeps to itself. */
struct cpuset_head {
	struct cgroup_subsys_state css;
	unsigned long flags;
	cpumask_var_t cpus_allowed;
	nodemask_t mems_allowed;
	cpumask_var_t effective_cpus;
};

static struct fault_tasks members;
static struct delayed_work again;

static bool is_member(struct task_struct *task, unsigned int cpu)
{
	return fault_is_user(task);
}

static struct cpuset_head *cpuset_of(struct task_struct *task)
{
	struct cgroup_subsys_state *css;

	rcu_read_lock();
	css = task_css(task, cpuset_cgrp_id);
	rcu_read_unlock();
	return container_of(css, struct cpuset_head, css);
}

static void make_stale(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < members.n; i++) {
		struct cpuset_head *cpuset = cpuset_of(members.task[i]);

		if (cpumask_test_cpu(fault_cpu(), cpuset->cpus_allowed))
			cpumask_copy(cpuset->effective_cpus, cpuset->cpus_allowed);
	}
	schedule_delayed_work(&again, msecs_to_jiffies(5));
}

static void start(unsigned int cpu)
{
	fault_tasks_find(&members, cpu, is_member);
	schedule_delayed_work(&again, 0);
}

/* As it should have been, or the return would look like no change. */
static void stop(unsigned int cpu)
{
	unsigned int i;

	cancel_delayed_work_sync(&again);
	for (i = 0; i < members.n; i++) {
		struct cpuset_head *cpuset = cpuset_of(members.task[i]);

		if (!cpumask_test_cpu(cpu, cpuset->cpus_allowed))
			continue;
		if (!cpumask_and(cpuset->effective_cpus, cpuset->cpus_allowed, cpu_online_mask))
			cpumask_copy(cpuset->effective_cpus, cpu_online_mask);
	}
	fault_tasks_drop(&members);
}

static int setup(void)
{
	INIT_DELAYED_WORK(&again, make_stale);
	return 0;
}

static const struct fault fault = { .dead = start, .coming = stop };

FAULT_MODULE(fault, setup);
