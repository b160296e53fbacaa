// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All interrupts of the box at one moment: where each may go, where it goes, and what each CPU has
 * counted, those that are off too. Only interrupts that somebody asked for (with an action). Only
 * reads.
 */
#pragma once

#include "box/irq.h"

struct scan_irq {
	int irq;
	char name[128]; /* its actions */
	struct irq_affinity affinity;
	struct irq_counts counts;
	bool has_counts; /* the kernel has /sys/kernel/irq */
};

struct scan {
	struct cpulist online; /* columns of /proc/interrupts */
	size_t n_irqs;
	struct scan_irq *irqs;
};

_must_check_ int scan_new(struct box *box, const struct cpulist *possible, struct scan **ret);
void scan_free(struct scan *scan);
CLEANUP_DEFINE(struct scan, scan, scan_free)

/* NULL when it is not there; `name` NULL: whatever it is called now. */
const struct scan_irq *scan_find(const struct scan *scan, int irq, const char *name);
