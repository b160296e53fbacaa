// SPDX-License-Identifier: GPL-2.0-or-later
/* Imitates a core that loses the errno of a failed step and makes up another one. */
#include "fault_abort.h"

static void change(const struct fault_abort *a)
{
	regs_set_return_value(a->regs, -EIO);
}

static const struct fault fault = { .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = change;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
