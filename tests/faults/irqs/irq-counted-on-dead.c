// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an interrupt controller driver that counts an interrupt for the CPU it was last steered
 * to and not for the one that handles it: the dead CPU's column goes on growing.
 */
#include "fault_irqs.h"

static DECLARE_BITMAP(moved, FAULT_IRQS_MAX);
static unsigned int home;

static int on_interrupt(struct kprobe *probe, struct pt_regs *regs)
{
	struct irq_desc *desc = (struct irq_desc *)regs_get_kernel_argument(regs, 0);
	unsigned int irq = desc->irq_data.irq;

	/* The count is the first, or the only, member of what is kept for each CPU. */
	if (irq < FAULT_IRQS_MAX && test_bit(irq, moved) && !cpu_online(home))
		(*(unsigned int *)per_cpu_ptr(desc->kstat_irqs, home))++;
	return 0;
}

static int note(unsigned int cpu)
{
	fault_irqs_find(moved, cpu, false);
	home = cpu;
	return 0;
}

static int forget(unsigned int cpu)
{
	bitmap_zero(moved, FAULT_IRQS_MAX);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "handle_edge_irq",
	.pre_handler = on_interrupt,
};

static const struct fault fault = {
	.leaving = note,
	.back = forget,
	.probes = (struct kprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, NULL);
