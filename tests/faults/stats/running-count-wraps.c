// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a run queue that dies with less than nothing in it: while the CPU is away the number of
 * runnable tasks is below zero, which is a great many.
 */
#include "fault.h"

static int wrap(struct kretprobe_instance *call, struct pt_regs *regs)
{
	if (fault_cpu() < nr_cpu_ids && !cpu_online(fault_cpu()))
		regs_set_return_value(regs, (unsigned int)-1);
	return 0;
}

static struct kretprobe probe = { .kp.symbol_name = "nr_running", .handler = wrap };

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
