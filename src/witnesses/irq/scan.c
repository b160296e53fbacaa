// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads all interrupts at one moment. What that means is judged in judge.c. */
#include "witnesses/irq/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int fill(struct box *box, const struct irq_table *table, const struct cpulist *possible,
		struct scan *scan)
{
	int r;

	scan->online = table->cpus;
	scan->irqs = calloc(table->n_rows + 1, sizeof(*scan->irqs));
	if (!scan->irqs)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct irq_row *row = &table->rows[i];
		struct scan_irq *it = &scan->irqs[scan->n_irqs];

		if (row->irq == IRQ_ARCH || !row->actions[0])
			continue;
		r = irq_affinity_read(box, row->irq, &it->affinity);
		if (r == -ENOENT || r == -EIO)
			continue; /* freed meanwhile, or a per-CPU interrupt without a mask */
		if (r < 0)
			return r;
		it->irq = row->irq;
		snprintf(it->name, sizeof(it->name), "%s", row->actions);
		r = irq_counts_read(box, row->irq, possible, &it->counts);
		it->has_counts = r == 0;
		if (r == -ENOENT)
			r = irq_counts_of_row(table, row, possible, &it->counts);
		if (r < 0)
			return r;
		scan->n_irqs++;
	}
	return 0;
}

int scan_new(struct box *box, const struct cpulist *possible, struct scan **ret)
{
	_cleanup_(cleanup_irq_table) struct irq_table *table = NULL;
	struct scan *scan;
	int r = irq_table_read(box, &table);

	if (r < 0)
		return r;
	scan = calloc(1, sizeof(*scan));
	if (!scan)
		return -ENOMEM;
	r = fill(box, table, possible, scan);
	if (r < 0)
		scan_free(scan);
	else
		*ret = scan;
	return r;
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	for (size_t i = 0; i < scan->n_irqs; i++)
		irq_counts_done(&scan->irqs[i].counts);
	free(scan->irqs);
	free(scan);
}

const struct scan_irq *scan_find(const struct scan *scan, int irq, const char *name)
{
	for (size_t i = 0; i < scan->n_irqs; i++)
		if (scan->irqs[i].irq == irq && (!name || strcmp(scan->irqs[i].name, name) == 0))
			return &scan->irqs[i];
	return NULL;
}
