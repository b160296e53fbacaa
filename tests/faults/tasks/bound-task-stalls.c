// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a thread that is moved off the dying CPU and then not put on a run queue for good: it is
 * seen on another CPU, and makes no progress until its own CPU returns.
 */
#include "fault_tasks.h"

static struct fault_tasks bound;

static void note(unsigned int cpu)
{
	fault_tasks_find(&bound, cpu, fault_is_bound_running);
}

static void stall(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < bound.n; i++)
		fault_hold(bound.task[i], cpu);
}

static int go_on(unsigned int cpu)
{
	fault_release(cpu);
	return 0;
}

static const struct fault fault = { .before = note, .dead = stall, .back = go_on };

FAULT_MODULE(fault, NULL);
