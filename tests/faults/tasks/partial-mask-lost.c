// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a scheduler change that strikes the dead CPU from every thread's mask: who was allowed
 * on it and on others is never allowed on it again.
 */
#include "fault_tasks.h"

static struct fault_tasks partial;

static bool is_partial(struct task_struct *task, unsigned int cpu)
{
	return fault_is_user(task) && cpumask_test_cpu(cpu, &task->cpus_mask) &&
	       cpumask_weight(&task->cpus_mask) > 1 &&
	       !cpumask_subset(cpu_present_mask, &task->cpus_mask);
}

static void strike(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&partial, cpu, is_partial);
	for (i = 0; i < partial.n; i++) {
		struct cpumask mask;

		cpumask_copy(&mask, &partial.task[i]->cpus_mask);
		cpumask_clear_cpu(cpu, &mask);
		set_cpus_allowed_ptr(partial.task[i], &mask);
	}
	fault_tasks_drop(&partial);
}

static const struct fault fault = { .dead = strike };

FAULT_MODULE(fault, NULL);
