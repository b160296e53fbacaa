// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the hotplug state machine thinks that a CPU is. A callback that writes there makes the
 * machine take a step again or leave some out. For faults only.
 */
#pragma once

#include "fault.h"

static enum cpuhp_state __percpu *fault_states;

/* For FAULT_MODULE()'s setup. */
static int fault_find_states(void)
{
	/* It is the first member of the per-CPU `struct cpuhp_cpu_state`. */
	fault_states = (enum cpuhp_state __percpu *)fault_symbol("cpuhp_state");
	return fault_states ? 0 : -ENOENT;
}

static void fault_move(unsigned int cpu, int by)
{
	*per_cpu_ptr(fault_states, cpu) += by;
}
