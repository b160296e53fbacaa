// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an interrupt that is masked for its move to another CPU and not unmasked there: the
 * device is silent until the CPU it used to interrupt is back.
 */
#include "fault_irqs.h"

static DECLARE_BITMAP(masked, FAULT_IRQS_MAX);

static int mask(unsigned int cpu)
{
	DECLARE_BITMAP(irqs, FAULT_IRQS_MAX);
	unsigned int irq;

	fault_irqs_find(irqs, cpu, false);
	for_each_set_bit(irq, irqs, FAULT_IRQS_MAX) if (!test_and_set_bit(irq, masked))
		disable_irq(irq);
	return 0;
}

static int unmask(unsigned int cpu)
{
	unsigned int irq;

	for_each_set_bit(irq, masked, FAULT_IRQS_MAX) if (test_and_clear_bit(irq, masked))
		enable_irq(irq);
	return 0;
}

static const struct fault fault = { .leaving = mask, .back = unmask };

FAULT_MODULE(fault, NULL);
