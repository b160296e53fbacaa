// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For faults that hurt interrupts: finds the started ones whose effective target is the CPU that
 * goes. It never changes where an interrupt really goes: that bookkeeping is the vector code's, and
 * lying there kills the box.
 */
#pragma once

#include <linux/bitmap.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "fault.h"

#define FAULT_IRQS_MAX 512

static char *fault_irq_name = "";
module_param_named(name, fault_irq_name, charp, 0444);
MODULE_PARM_DESC(name, "only interrupts whose name contains this (empty: any)");

static inline struct irq_desc *fault_irq_desc(unsigned int irq)
{
	struct irq_data *data = irq_get_irq_data(irq);

	return data ? irq_data_to_desc(data) : NULL;
}

static inline bool fault_irq_is_named(const struct irq_desc *desc)
{
	return desc && desc->action && desc->action->name &&
	       strstr(desc->action->name, fault_irq_name);
}

static inline bool fault_irq_is_on(struct irq_desc *desc, unsigned int cpu)
{
	return cpumask_equal(irq_data_get_effective_affinity_mask(&desc->irq_data),
			     cpumask_of(cpu));
}

/* Sets a bit in `irqs` for each started interrupt that goes to the CPU, either managed ones or all
 * others. */
static inline void fault_irqs_find(unsigned long *irqs, unsigned int cpu, bool managed)
{
	unsigned int irq;

	bitmap_zero(irqs, FAULT_IRQS_MAX);
	for (irq = 0; irq < FAULT_IRQS_MAX; irq++) {
		struct irq_desc *desc = fault_irq_desc(irq);

		if (fault_irq_is_named(desc) && fault_irq_is_on(desc, cpu) &&
		    irqd_affinity_is_managed(&desc->irq_data) == managed)
			__set_bit(irq, irqs);
	}
}
