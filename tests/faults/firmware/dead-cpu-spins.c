// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an architecture whose dead CPU never reaches its firmware: it spins with interrupts off
 * where it should halt. The kernel knows nothing of it, and starts it again as ever.
 */
#include "fault.h"

static void __noreturn spin(void)
{
	for (;;)
		cpu_relax();
}

static int instead_of_halting(struct kprobe *probe, struct pt_regs *regs)
{
	return fault_is_on(raw_smp_processor_id()) ? fault_replace(regs, spin) : 0;
}

/* The last thing that a dead CPU of x86 calls before it halts for good. */
static struct kprobe halts = {
	.symbol_name = "cpuidle_play_dead",
	.pre_handler = instead_of_halting,
};

static struct kprobe *probes[] = { &halts, NULL };

static const struct fault fault = { .probes = probes };

FAULT_MODULE(fault, NULL);
