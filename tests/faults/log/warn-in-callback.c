// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver that leaves a resource behind when its CPU goes and is told so by a WARN(): all
 * works on, the log and the taint say that it should not have happened.
 */
#include "fault.h"

static int warn(unsigned int cpu)
{
	WARN(1, "seeded fault: CPU%u leaves with a buffer in use\n", cpu);
	return 0;
}

static const struct fault fault = { .leaving = warn };

FAULT_MODULE(fault, NULL);
