// SPDX-License-Identifier: GPL-2.0-or-later
/* One interrupt's files: where it may go, where it goes, what it counted where. The table of all is
 * irq_table.c. */
#include "box/irq.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* No list of CPUs in any kernel, so that it never becomes an affinity. */
#define NO_LIST "x"

int irq_affinity_read(struct box *box, int irq, struct irq_affinity *ret)
{
	_cleanup_free_ char *mask = NULL, *effective = NULL;
	struct irq_affinity a = {};
	int r = box_readf(box, &mask, "proc/irq/%d/smp_affinity_list", irq);

	if (r == 0)
		r = cpulist_parse(mask, &a.mask);
	if (r < 0)
		return r;
	r = box_readf(box, &effective, "proc/irq/%d/effective_affinity_list", irq);
	if (r == 0) {
		r = cpulist_parse(effective, &a.effective);
		if (r < 0)
			return r;
		a.has_effective = true;
	} else if (r != -ENOENT) {
		return r;
	}
	*ret = a;
	return 0;
}

int irq_affinity_write(struct box *box, int irq, const struct cpulist *mask)
{
	return box_writef(box, cpulist_str(mask), "proc/irq/%d/smp_affinity_list", irq);
}

int irq_can_steer(struct box *box, int irq)
{
	int r = box_writef(box, NO_LIST, "proc/irq/%d/smp_affinity_list", irq);

	if (r == -EINVAL)
		return 1;
	if (r == -EIO || r == -EPERM)
		return 0;
	return r < 0 ? r : -EOPNOTSUPP;
}

int irq_counts_parse(const char *text, const struct cpulist *possible, struct irq_counts *ret)
{
	_cleanup_free_ uint64_t *on = NULL;
	const char *s = text;
	uint64_t total = 0;
	int last = -1;

	cpulist_foreach(cpu, possible)
		last = cpu;
	if (last < 0)
		return -EINVAL;
	on = calloc((size_t)last + 1, sizeof(*on));
	if (!on)
		return -ENOMEM;
	cpulist_foreach(cpu, possible) {
		char *end;

		if (!isdigit((unsigned char)*s))
			return -EBADMSG;
		on[cpu] = strtoull(s, &end, 10);
		total += on[cpu];
		s = end;
		if (*s == ',')
			s++;
		else if (cpu != last)
			return -EBADMSG;
	}
	if (*s && *s != '\n')
		return -EBADMSG;
	ret->total = total;
	ret->n_cpus = (size_t)last + 1;
	ret->on = take_ptr(on);
	return 0;
}

int irq_counts_read(struct box *box, int irq, const struct cpulist *possible,
		    struct irq_counts *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = box_readf(box, &text, "sys/kernel/irq/%d/per_cpu_count", irq);

	if (r == 0)
		r = irq_counts_parse(text, possible, ret);
	if (r == 0)
		ret->irq = irq;
	return r;
}

int irq_counts_of_row(const struct irq_table *t, const struct irq_row *row,
		      const struct cpulist *possible, struct irq_counts *ret)
{
	struct irq_counts c = { .irq = row->irq };

	cpulist_foreach(cpu, possible)
		c.n_cpus = (size_t)cpu + 1;
	c.on = calloc(c.n_cpus + 1, sizeof(*c.on));
	if (!c.on)
		return -ENOMEM;
	cpulist_foreach(cpu, possible) {
		c.on[cpu] = irq_row_on(t, row, cpu);
		c.total += c.on[cpu];
	}
	*ret = c;
	return 0;
}

void irq_counts_done(struct irq_counts *c)
{
	free(c->on);
	*c = (struct irq_counts){};
}

bool irq_is_of_device(struct box *box, int irq, const char *device_path)
{
	/* A virtio device's interrupts are listed at the PCI function that carries it. */
	return box_has(box, "%s/msi_irqs/%d", device_path, irq) ||
	       box_has(box, "%s/../msi_irqs/%d", device_path, irq) ||
	       box_has(box, "%s/device/msi_irqs/%d", device_path, irq);
}
