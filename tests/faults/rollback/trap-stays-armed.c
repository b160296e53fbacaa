// SPDX-License-Identifier: GPL-2.0-or-later
/* Imitates a trap that is not taken down when it fires: each later transition would fail too. */
#include "fault_abort.h"

static void arm_again(const struct fault_abort *a)
{
	*fault_hp(a->cpu, FAULT_HP_FAIL) = a->trap;
}

static const struct fault fault = { .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = arm_again;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
