// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an announcement of packets to a CPU that was gone when it was to be sent: the CPU comes
 * back with its backlog marked as scheduled and on no list, so that nobody ever looks into it. That
 * is what Linux 6.1 does by itself now and then (docs/findings).
 */
#include <linux/netdevice.h>

#include "fault.h"

static int mark(unsigned int cpu)
{
	set_bit(NAPI_STATE_SCHED, &per_cpu(softnet_data, cpu).backlog.state);
	return 0;
}

static const struct fault fault = { .back = mark };

FAULT_MODULE(fault, NULL);
