// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a cpuset that follows hotplug without its sleeping tasks: the cpuset says other CPUs,
 * they keep the affinity that they had. It is set again and again, for the kernel may be at it
 * later.
 */
#include <linux/workqueue.h>

#include "fault_tasks.h"

static struct fault_tasks members;
static struct cpumask masks[FAULT_TASKS_MAX];
static struct delayed_work again;

static bool is_member(struct task_struct *task, unsigned int cpu)
{
	return fault_is_user(task) && cpumask_test_cpu(cpu, &task->cpus_mask);
}

static void keep(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < members.n; i++)
		if (!task_is_running(members.task[i]))
			fault_set_mask(members.task[i], &masks[i]);
	schedule_delayed_work(&again, msecs_to_jiffies(5));
}

static void note(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&members, cpu, is_member);
	for (i = 0; i < members.n; i++)
		cpumask_copy(&masks[i], &members.task[i]->cpus_mask);
}

static void start(unsigned int cpu)
{
	schedule_delayed_work(&again, 0);
}

static void stop(unsigned int cpu)
{
	cancel_delayed_work_sync(&again);
	fault_tasks_drop(&members);
}

static int setup(void)
{
	INIT_DELAYED_WORK(&again, keep);
	return 0;
}

static const struct fault fault = { .before = note, .dead = start, .coming = stop };

FAULT_MODULE(fault, setup);
