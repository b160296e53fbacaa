// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an assertion of a driver that does not hold when a CPU goes: the kernel dies in the
 * middle of the act. The one fault, besides the hang, that is meant to take the guest with it.
 */
#include "fault.h"

static int die(unsigned int cpu)
{
	panic("seeded fault: no state for CPU%u", cpu);
	return 0;
}

static const struct fault fault = { .leaving = die };

FAULT_MODULE(fault, NULL);
