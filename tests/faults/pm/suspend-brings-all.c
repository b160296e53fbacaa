// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a resume that brings every present CPU online instead of those that the suspend took
 * off: they are added to the mask of frozen CPUs just before it is used.
 */
#include "fault.h"

static cpumask_var_t *frozen;

static int add_missing(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int cpu;

	for_each_present_cpu(cpu)
		if (!cpu_online(cpu))
			cpumask_set_cpu(cpu, *frozen);
	return 0;
}

static struct kprobe thaw = {
	.symbol_name = "thaw_secondary_cpus",
	.pre_handler = add_missing,
};

static const struct fault fault = { .probes = (struct kprobe *[]){ &thaw, NULL } };

static int setup(void)
{
	frozen = fault_symbol("frozen_cpus");
	return frozen ? 0 : -ENOENT;
}

FAULT_MODULE(fault, setup);
