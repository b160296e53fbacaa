// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a file with a part for each CPU whose iterator does not bear that one is missing: while
 * a CPU is away /proc/timer_list cannot be read.
 */
#include "fault.h"

static int fail(struct kretprobe_instance *call, struct pt_regs *regs)
{
	unsigned int dead = fault_cpu();

	if (dead < nr_cpu_ids && !cpu_online(dead))
		regs_set_return_value(regs, -EIO);
	return 0;
}

static struct kretprobe probe = { .kp.symbol_name = "timer_list_show", .handler = fail };

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
