// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver that, after its CPU returned, sets its interrupts up with the wrong flag (no
 * balancing): nobody can write their affinity any more, so the box cannot be put back as it was.
 */
#include "fault_irqs.h"

static DECLARE_BITMAP(locked, FAULT_IRQS_MAX);

static int note(unsigned int cpu)
{
	fault_irqs_find(locked, cpu, false);
	return 0;
}

static int lock(unsigned int cpu)
{
	unsigned int irq;

	for_each_set_bit(irq, locked, FAULT_IRQS_MAX) irq_set_status_flags(irq, IRQ_NO_BALANCING);
	return 0;
}

static const struct fault fault = { .leaving = note, .back = lock };

FAULT_MODULE(fault, NULL);
