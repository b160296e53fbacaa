// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a program that does not survive the loss of a CPU (an array sized by the CPUs of its
 * start): it gets the signal of a bad memory access when the CPU is gone. `comm` says which
 * program.
 */
#include "fault_tasks.h"

static struct fault_tasks tools;

static bool is_tool(struct task_struct *task, unsigned int cpu)
{
	return *fault_comm && fault_is_user(task);
}

static void crash(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&tools, cpu, is_tool);
	for (i = 0; i < tools.n; i++)
		send_sig(SIGSEGV, tools.task[i], 1);
	fault_tasks_drop(&tools);
}

static const struct fault fault = { .dead = crash };

FAULT_MODULE(fault, NULL);
