// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver that, when its CPU returns, sets up its interrupts for the boot CPU and with
 * the wrong flag (no balancing): nobody can write their affinity any more, so the box cannot be put
 * back as it was.
 */
#include <linux/bitops.h>

#include "fault_irqs.h"

static DECLARE_BITMAP(leaving, FAULT_IRQS_MAX);
static DECLARE_BITMAP(locked, FAULT_IRQS_MAX);

static int note(unsigned int cpu)
{
	fault_irqs_find(leaving, cpu, false);
	return 0;
}

/* All that it ever locked: a NIC's own callback gives them all CPUs again at each return. */
static int lock(unsigned int cpu)
{
	unsigned int irq;

	bitmap_or(locked, locked, leaving, FAULT_IRQS_MAX);
	for_each_set_bit(irq, locked, FAULT_IRQS_MAX)
	{
		irq_set_affinity(irq, cpumask_of(0));
		irq_set_status_flags(irq, IRQ_NO_BALANCING);
	}
	return 0;
}

static const struct fault fault = { .leaving = note, .back = lock };

FAULT_MODULE(fault, NULL);
