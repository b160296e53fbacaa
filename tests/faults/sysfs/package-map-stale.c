// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an architecture that does not strike a dead CPU from the package map of the others. Its
 * bit is there only while sysfs reads the map: the scheduler would stumble over it.
 */
#include <linux/topology.h>

#include "fault.h"

static int add_dead(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct kobject *kobj = (struct kobject *)regs_get_kernel_argument(regs, 1);
	unsigned int dead = fault_cpu(), cpu = kobj_to_dev(kobj)->id;

	if (dead < nr_cpu_ids && !cpu_online(dead))
		cpumask_set_cpu(dead, topology_core_cpumask(cpu));
	return 0;
}

static int drop_dead(struct kretprobe_instance *call, struct pt_regs *regs)
{
	unsigned int dead = fault_cpu(), cpu;

	if (dead < nr_cpu_ids && !cpu_online(dead))
		for_each_online_cpu(cpu)
			cpumask_clear_cpu(dead, topology_core_cpumask(cpu));
	return 0;
}

static struct kretprobe list = {
	.kp.symbol_name = "package_cpus_list_read",
	.entry_handler = add_dead,
	.handler = drop_dead,
};

static struct kretprobe map = {
	.kp.symbol_name = "package_cpus_read",
	.entry_handler = add_dead,
	.handler = drop_dead,
};

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &list, &map, NULL } };

FAULT_MODULE(fault, NULL);
