// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver that counts one reference too many in each of its two error paths: after an
 * aborted offline and an aborted online of a CPU, that CPU is once refused to come back.
 */
#include "fault_abort.h"

static struct cpumask failed_down, failed_up;

static void count(const struct fault_abort *a)
{
	cpumask_set_cpu(a->cpu, a->is_down ? &failed_down : &failed_up);
}

static int refuse(unsigned int cpu)
{
	if (!cpumask_test_cpu(cpu, &failed_down) || !cpumask_test_and_clear_cpu(cpu, &failed_up))
		return 0;
	return -EIO;
}

static const struct fault fault = { .back = refuse, .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = count;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
