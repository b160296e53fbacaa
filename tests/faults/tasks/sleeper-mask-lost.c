// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a scheduler change that moves sleeping threads off the dying CPU too: nobody woke them,
 * and when the CPU is back they are bound to it no longer.
 */
#include "fault_tasks.h"

static struct fault_tasks bound;

static void unbind(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&bound, cpu, fault_is_bound_sleeping);
	for (i = 0; i < bound.n; i++)
		fault_set_mask(bound.task[i], cpu_possible_mask);
	fault_tasks_drop(&bound);
}

static const struct fault fault = { .dead = unbind };

FAULT_MODULE(fault, NULL);
