// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a CPU that comes back with other features than it had, which the architecture code notes
 * as "CPU out of specification": a taint and no line in the log.
 */
#include "fault.h"

static int taint(unsigned int cpu)
{
	add_taint(TAINT_CPU_OUT_OF_SPEC, LOCKDEP_STILL_OK);
	return 0;
}

static const struct fault fault = { .back = taint };

FAULT_MODULE(fault, NULL);
