// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an architecture port that takes a CPU out of its node's map when it goes and does not
 * put it back when it returns. The bit is missing only while sysfs reads the map: the scheduler
 * would complain, and that is not what this fault is about.
 */
#include <linux/nodemask.h>
#include <linux/topology.h>

#include "fault.h"

static struct cpumask forgotten;

static int forget(unsigned int cpu)
{
	cpumask_set_cpu(cpu, &forgotten);
	return 0;
}

static int remember(unsigned int cpu)
{
	cpumask_clear_cpu(cpu, &forgotten);
	return 0;
}

static int hide(struct kretprobe_instance *call, struct pt_regs *regs)
{
	unsigned int cpu;

	for_each_cpu(cpu, &forgotten)
		cpumask_clear_cpu(cpu, node_to_cpumask_map[cpu_to_node(cpu)]);
	return 0;
}

static int show(struct kretprobe_instance *call, struct pt_regs *regs)
{
	unsigned int cpu;

	for_each_cpu(cpu, &forgotten)
		cpumask_set_cpu(cpu, node_to_cpumask_map[cpu_to_node(cpu)]);
	return 0;
}

static struct kretprobe list = {
	.kp.symbol_name = "cpulist_read",
	.entry_handler = hide,
	.handler = show,
};

static struct kretprobe map = {
	.kp.symbol_name = "cpumap_read",
	.entry_handler = hide,
	.handler = show,
};

static const struct fault fault = {
	.leaving = remember,
	.back = forget,
	.retprobes = (struct kretprobe *[]){ &list, &map, NULL },
};

FAULT_MODULE(fault, NULL);
