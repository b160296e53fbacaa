// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a state machine that leaves out a step for one CPU: the callbacks of the two states
 * below are not called. There lies the cache of kernel stacks, which can do without for once.
 */
#include "fault_steps.h"

static void skip(unsigned int cpu)
{
	fault_move(cpu, -2);
}

static const struct fault fault = { .dead = skip };

FAULT_MODULE(fault, fault_find_states);
