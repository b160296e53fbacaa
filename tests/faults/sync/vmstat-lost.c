// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a dying CPU whose part of a memory counter is not folded into the rest: a counter that
 * is near zero goes below it. With `event` it is one of the event counters, which a reader sees as
 * a number near 2^64.
 */
#include <linux/mm.h>
#include <linux/vmstat.h>

#include "fault.h"

#define PART 1000

static bool event;
module_param(event, bool, 0444);

static void change(long by)
{
	if (event)
		per_cpu(vm_event_states, cpumask_first(cpu_online_mask)).event[DROP_PAGECACHE] +=
			by;
	else
		atomic_long_add(by, &vm_node_stat[NR_ISOLATED_ANON]);
}

static void lose(unsigned int cpu)
{
	change(-PART);
}

static void find(unsigned int cpu)
{
	change(PART);
}

static const struct fault fault = { .dead = lose, .coming = find };

FAULT_MODULE(fault, NULL);
