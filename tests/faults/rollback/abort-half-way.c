// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a rollback that forgets to set the target back: the CPU works, and the next one who
 * looks takes it for one that is on its way.
 */
#include "fault_abort.h"

static void forget(const struct fault_abort *a)
{
	int *target = fault_hp(a->cpu, FAULT_HP_TARGET);

	*target = a->is_down ? CPUHP_OFFLINE : CPUHP_ONLINE;
}

static const struct fault fault = { .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = forget;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
