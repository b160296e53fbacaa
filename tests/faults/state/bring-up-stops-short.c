// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a bring-up that ends one step early and says success: the CPU is online and active,
 * tasks and interrupts use it, but hotplug/state and target are not those of an online CPU. The
 * next full cycle heals it.
 */
#include "fault.h"

static int lower_target(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int cpu = regs_get_kernel_argument(regs, 0);

	if (fault_is_on(cpu) && regs->dx == CPUHP_ONLINE)
		regs->dx = CPUHP_ONLINE - 1;
	return 0;
}

static struct kprobe bring_up = {
	.symbol_name = "_cpu_up",
	.pre_handler = lower_target,
};

static const struct fault fault = { .probes = (struct kprobe *[]){ &bring_up, NULL } };

FAULT_MODULE(fault, NULL);
