// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a migration off the dying CPU that sets threads up anew instead of moving them: a
 * real-time thread becomes an ordinary one, a nice one loses its nice value.
 */
#include <uapi/linux/sched/types.h>

#include "fault_tasks.h"

static struct fault_tasks bound;

static bool is_meant(struct task_struct *task, unsigned int cpu)
{
	return fault_is_user(task);
}

static void forget(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&bound, cpu, is_meant);
	for (i = 0; i < bound.n; i++)
		if (bound.task[i]->policy == SCHED_FIFO || bound.task[i]->policy == SCHED_RR)
			sched_set_normal(bound.task[i], 0);
		else
			set_user_nice(bound.task[i], 0);
	fault_tasks_drop(&bound);
}

static const struct fault fault = { .dead = forget };

FAULT_MODULE(fault, NULL);
