// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver or an irq core change that treats a managed interrupt like any other one when
 * its CPU goes: its affinity is rewritten to the CPUs that are left, although it must stay and the
 * interrupt be shut down.
 */
#include "fault_irqs.h"

/* One more than the CPU that an interrupt belongs to, since several may be off at once; 0: none. */
static unsigned int home[FAULT_IRQS_MAX];

static int note(unsigned int cpu)
{
	DECLARE_BITMAP(irqs, FAULT_IRQS_MAX);
	unsigned int irq;

	fault_irqs_find(irqs, cpu, true);
	/* One that is shut down shows another CPU's number as its own. */
	for_each_set_bit(irq, irqs, FAULT_IRQS_MAX) if (!home[irq]) home[irq] = cpu + 1;
	return 0;
}

static void set_masks(unsigned int cpu, const struct cpumask *mask)
{
	unsigned int irq;

	for (irq = 0; irq < FAULT_IRQS_MAX; irq++) {
		struct irq_desc *desc = fault_irq_desc(irq);

		if (home[irq] == cpu + 1 && desc && irqd_affinity_is_managed(&desc->irq_data))
			cpumask_copy(desc->irq_common_data.affinity, mask);
	}
}

static void rewrite(unsigned int cpu)
{
	set_masks(cpu, cpu_online_mask);
}

static void undo(unsigned int cpu)
{
	set_masks(cpu, cpumask_of(cpu));
}

static const struct fault fault = { .leaving = note, .dead = rewrite, .coming = undo };

FAULT_MODULE(fault, NULL);
