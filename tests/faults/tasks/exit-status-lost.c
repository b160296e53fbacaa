// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an end of a task that is handed over between two CPUs and loses its status: a child that
 * ends while a CPU goes or is gone ends with 0, whatever it said.
 */
#include "fault_tasks.h"

static int on_exit(struct kprobe *probe, struct pt_regs *regs)
{
	if (fault_cpu() < nr_cpu_ids && fault_is_user(current))
		regs->di = 0;
	return 0;
}

static int nothing(unsigned int cpu)
{
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "do_group_exit",
	.pre_handler = on_exit,
};

static const struct fault fault = {
	.leaving = nothing,
	.probes = (struct kprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, NULL);
