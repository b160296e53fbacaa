// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a call that waits for an answer of the dead CPU (an interrupt, a work item, a quiescent
 * state): a thread that calls `symbol` while a CPU is away does not come back to its program before
 * that CPU does.
 */
#include "fault_tasks.h"

static char *symbol = "";
module_param(symbol, charp, 0444);

static int on_call(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int cpu = fault_cpu();

	if (cpu < nr_cpu_ids && !cpu_online(cpu) && fault_is_user(current))
		fault_hold(current, cpu);
	return 0;
}

static int release(unsigned int cpu)
{
	fault_release(cpu);
	return 0;
}

static struct kprobe probe = { .pre_handler = on_call };

static int setup(void)
{
	probe.symbol_name = symbol;
	return *symbol ? 0 : -EINVAL;
}

static const struct fault fault = {
	.back = release,
	.probes = (struct kprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, setup);
