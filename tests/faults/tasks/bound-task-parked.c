// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a scheduler change that parks user threads with their CPU, as is right for per-CPU
 * kernel threads only: a thread that is bound to the CPU and runs stays there and stands still
 * until the CPU returns.
 */
#include "fault_tasks.h"

static struct fault_tasks bound;

static void park(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&bound, cpu, fault_is_bound_running);
	for (i = 0; i < bound.n; i++)
		fault_hold(bound.task[i], cpu);
}

static int unpark(unsigned int cpu)
{
	fault_release(cpu);
	return 0;
}

static const struct fault fault = { .before = park, .back = unpark };

FAULT_MODULE(fault, NULL);
