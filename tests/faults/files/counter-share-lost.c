// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a CPU whose share of the per-CPU counters is not handed over when it dies: sums are over
 * the CPUs that are online, and miss it until it is back.
 */
#include "fault.h"

static int skip(unsigned int cpu)
{
	return 0;
}

static int on_dead(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int cpu = (unsigned int)regs_get_kernel_argument(regs, 0);

	return fault_is_on(cpu) ? fault_replace(regs, skip) : 0;
}

static struct kprobe probe = {
	.symbol_name = "percpu_counter_cpu_dead",
	.pre_handler = on_dead,
};

static const struct fault fault = { .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
