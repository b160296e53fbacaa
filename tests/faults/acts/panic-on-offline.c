// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an assertion of a driver that does not hold when a CPU goes: the kernel dies in the
 * middle of the act. The one fault, besides the hang, that is meant to take the guest with it.
 */
#include "fault.h"

#include <linux/console.h>

static bool is_mute;
module_param_named(mute, is_mute, bool, 0444);
MODULE_PARM_DESC(mute, "hold the console: why it panics is written only by the last flush");

static int die(unsigned int cpu)
{
	if (is_mute)
		console_lock();
	panic("seeded fault: no state for CPU%u", cpu);
	return 0;
}

static const struct fault fault = { .leaving = die };

FAULT_MODULE(fault, NULL);
