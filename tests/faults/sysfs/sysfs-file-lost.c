// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver whose teardown takes an attribute of the CPU away and whose bring-up forgets to
 * put it back: crash_notes_size is gone once the CPU has returned.
 */
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "fault.h"

static bool late;
module_param(late, bool, 0444);
MODULE_PARM_DESC(late, "only once the CPU is back");

static void take_away(unsigned int cpu)
{
	static const struct attribute lost = { .name = "crash_notes_size", .mode = 0400 };

	sysfs_remove_file(&get_cpu_device(cpu)->kobj, &lost);
}

static void take_away_early(unsigned int cpu)
{
	if (!late)
		take_away(cpu);
}

static int take_away_late(unsigned int cpu)
{
	if (late)
		take_away(cpu);
	return 0;
}

static const struct fault fault = { .dead = take_away_early, .back = take_away_late };

FAULT_MODULE(fault, NULL);
