// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates receive packet steering that strikes a dead CPU from its maps for good: rps_cpus still
 * names it, and no packet is steered to it any more once it is back.
 */
#include "fault.h"

static struct cpumask forgotten;

static int forget(unsigned int cpu)
{
	cpumask_set_cpu(cpu, &forgotten);
	return 0;
}

static int steer(struct kretprobe_instance *call, struct pt_regs *regs)
{
	int cpu = (int)regs_return_value(regs);

	if (cpu >= 0 && cpumask_test_cpu(cpu, &forgotten))
		regs_set_return_value(regs, -1);
	return 0;
}

static struct kretprobe probe = { .kp.symbol_name = "get_rps_cpu", .handler = steer };

static const struct fault fault = { .back = forget,
				    .retprobes = (struct kretprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
