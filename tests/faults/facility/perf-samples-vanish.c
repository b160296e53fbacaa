// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an event whose buffer is taken away before the event: from the beginning of an offline
 * every second sample on the CPU that goes is counted and not written, and nobody is told.
 */
#include <linux/atomic.h>

#include "fault.h"

static atomic_t samples = ATOMIC_INIT(0);

static void no_output(void *event, void *data, void *regs)
{
}

static int drop_second(struct kprobe *probe, struct pt_regs *regs)
{
	if (!fault_is_on(raw_smp_processor_id()) || atomic_inc_return(&samples) % 2)
		return 0;
	return fault_replace(regs, no_output);
}

static struct kprobe probe = {
	.symbol_name = "perf_event_output_forward",
	.pre_handler = drop_second,
};

static void begin(unsigned int cpu)
{
}

static const struct fault fault = { .before = begin,
				    .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
