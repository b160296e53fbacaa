// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver core that sets the attributes of a CPU up anew when it returns, and forgets who
 * may write them: from then on anybody can take the CPU away.
 */
#include "fault.h"

static int open_to_all(unsigned int cpu)
{
	static const struct attribute online = { .name = "online", .mode = 0644 };
	struct device *dev = get_cpu_device(cpu);
	int err = dev ? sysfs_chmod_file(&dev->kobj, &online, 0666) : -ENODEV;

	if (err)
		pr_info("seeded fault: cannot open cpu%u to all: %d\n", cpu, err);
	return 0;
}

static const struct fault fault = { .back = open_to_all };

FAULT_MODULE(fault, NULL);
