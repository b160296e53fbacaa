// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a /proc/stat that sums its first line over the CPUs that are online: the total falls by
 * what the dead CPU had used, and is right again when it returns. Each CPU's own row is right.
 */
#include <linux/kernel_stat.h>

#include "fault.h"

static const enum cpu_usage_stat skipped[] = { CPUTIME_USER, CPUTIME_NICE, CPUTIME_SYSTEM,
					       CPUTIME_SOFTIRQ, CPUTIME_IRQ };
static DEFINE_PER_CPU(u64[ARRAY_SIZE(skipped)], kept);

static void skip(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(skipped); i++) {
		per_cpu(kept, cpu)[i] = kcpustat_cpu(cpu).cpustat[skipped[i]];
		kcpustat_cpu(cpu).cpustat[skipped[i]] = 0;
	}
}

static void count_again(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(skipped); i++)
		kcpustat_cpu(cpu).cpustat[skipped[i]] += per_cpu(kept, cpu)[i];
}

static const struct fault fault = { .dead = skip, .coming = count_again };

FAULT_MODULE(fault, NULL);
