// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a state machine that loses count on its way back: a driver's startup callback fails for
 * a returning CPU, as it may, and then two of the states that had been passed are not torn down.
 */
#include "fault_steps.h"

static struct cpumask failed, failing;

static int fail_once(unsigned int cpu)
{
	if (cpumask_test_and_set_cpu(cpu, &failed))
		return 0;
	cpumask_set_cpu(cpu, &failing);
	return -EIO;
}

static void skip(unsigned int cpu)
{
	if (cpumask_test_and_clear_cpu(cpu, &failing))
		fault_move(cpu, -2);
}

static const struct fault fault = { .back = fail_once, .dead = skip };

FAULT_MODULE(fault, fault_find_states);
