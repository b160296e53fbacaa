// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates CPU time accounting that hands a dead CPU's time over to a survivor: the sum stays
 * right, and the row of the CPU is behind what it was when it returns.
 */
#include <linux/kernel_stat.h>

#include "fault.h"

static void hand_over(unsigned int cpu)
{
	static const enum cpu_usage_stat which[] = { CPUTIME_USER, CPUTIME_SYSTEM };
	unsigned long flags;
	unsigned int i;

	/* This CPU's own row changes in its tick only, the dead one's not at all. */
	local_irq_save(flags);
	for (i = 0; i < ARRAY_SIZE(which); i++) {
		kcpustat_this_cpu->cpustat[which[i]] += kcpustat_cpu(cpu).cpustat[which[i]];
		kcpustat_cpu(cpu).cpustat[which[i]] = 0;
	}
	local_irq_restore(flags);
}

static const struct fault fault = { .coming = hand_over };

FAULT_MODULE(fault, NULL);
