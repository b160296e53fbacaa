// SPDX-License-Identifier: GPL-2.0-or-later
/* Imitates an aborted offline that leaves a mark behind by which the next CPU to go is refused. */
#include "fault_abort.h"

static int aborted = -1;

static void mark(const struct fault_abort *a)
{
	if (a->is_down)
		aborted = (int)a->cpu;
}

static int refuse(unsigned int cpu)
{
	if (aborted < 0 || aborted == (int)cpu)
		return 0;
	aborted = -1;
	return -EIO;
}

static const struct fault fault = { .leaving = refuse, .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = mark;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
