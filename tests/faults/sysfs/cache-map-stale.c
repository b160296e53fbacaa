// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates the cache code of an architecture that does not strike a dead CPU from the maps of those
 * who shared a cache with it. Its bit is there only while sysfs reads the maps.
 */
#include <linux/cacheinfo.h>

#include "fault.h"

static struct cacheinfo *leaf_of(struct kretprobe_instance *call, struct pt_regs *regs)
{
	const struct device *dev = (const struct device *)regs_get_kernel_argument(regs, 0);

	return dev_get_drvdata(dev);
}

static int add_dead(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct cacheinfo *leaf = leaf_of(call, regs);
	unsigned int dead = fault_cpu();

	*(struct cacheinfo **)call->data = NULL;
	if (!leaf || leaf->level < 3 || dead >= nr_cpu_ids || cpu_online(dead))
		return 0;
	cpumask_set_cpu(dead, &leaf->shared_cpu_map);
	*(struct cacheinfo **)call->data = leaf;
	return 0;
}

static int drop_dead(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct cacheinfo *leaf = *(struct cacheinfo **)call->data;
	unsigned int dead = fault_cpu();

	if (leaf && dead < nr_cpu_ids && !cpu_online(dead))
		cpumask_clear_cpu(dead, &leaf->shared_cpu_map);
	return 0;
}

static struct kretprobe list = {
	.kp.symbol_name = "shared_cpu_list_show",
	.entry_handler = add_dead,
	.handler = drop_dead,
	.data_size = sizeof(struct cacheinfo *),
};

static struct kretprobe map = {
	.kp.symbol_name = "shared_cpu_map_show",
	.entry_handler = add_dead,
	.handler = drop_dead,
	.data_size = sizeof(struct cacheinfo *),
};

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &list, &map, NULL } };

FAULT_MODULE(fault, NULL);
