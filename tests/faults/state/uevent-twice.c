// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver that announces the CPU's leaving itself although the core does: user space gets
 * two offline events for one transition, one of them too early.
 */
#include <linux/kobject.h>

#include "fault.h"

static int announce(unsigned int cpu)
{
	kobject_uevent(&get_cpu_device(cpu)->kobj, KOBJ_OFFLINE);
	return 0;
}

static const struct fault fault = { .leaving = announce };

FAULT_MODULE(fault, NULL);
