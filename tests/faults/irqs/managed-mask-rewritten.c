// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver or an irq core change that treats a managed interrupt like any other one when
 * its CPU goes: its affinity is rewritten to the CPUs that are left, although it must stay and the
 * interrupt be shut down.
 */
#include "fault_irqs.h"

static DECLARE_BITMAP(managed, FAULT_IRQS_MAX);
static unsigned int home;

static int note(unsigned int cpu)
{
	fault_irqs_find(managed, cpu, true);
	home = cpu;
	return 0;
}

static void set_masks(const struct cpumask *mask)
{
	unsigned int irq;

	for_each_set_bit(irq, managed, FAULT_IRQS_MAX)
	{
		struct irq_desc *desc = fault_irq_desc(irq);

		if (desc && irqd_affinity_is_managed(&desc->irq_data))
			cpumask_copy(desc->irq_common_data.affinity, mask);
	}
}

static void rewrite(unsigned int cpu)
{
	if (cpu == home)
		set_masks(cpu_online_mask);
}

static void undo(unsigned int cpu)
{
	if (cpu == home)
		set_masks(cpumask_of(cpu));
}

static const struct fault fault = { .leaving = note, .dead = rewrite, .coming = undo };

FAULT_MODULE(fault, NULL);
