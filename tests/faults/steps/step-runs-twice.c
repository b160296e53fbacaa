// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a state machine that does not count a step that it took: the callback of one state runs
 * a second time. With `up` it is on the way up, else on the way down.
 */
#include "fault_steps.h"

static bool goes_up;
module_param_named(up, goes_up, bool, 0444);

static struct cpumask repeated;

static int leaving(unsigned int cpu)
{
	if (!goes_up && !cpumask_test_and_set_cpu(cpu, &repeated))
		fault_move(cpu, 1);
	return 0;
}

static int back(unsigned int cpu)
{
	if (goes_up && !cpumask_test_and_set_cpu(cpu, &repeated))
		fault_move(cpu, -1);
	return 0;
}

static const struct fault fault = { .leaving = leaving, .back = back };

FAULT_MODULE(fault, fault_find_states);
