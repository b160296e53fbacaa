// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts as the kernel's files show them: /proc/interrupts, /proc/irq/N,
 * /sys/kernel/irq/N/per_cpu_count and the intr line of /proc/stat
 * (Documentation/core-api/irq/irq-affinity.rst, Documentation/ABI/testing/sysfs-kernel-irq). No
 * judging here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "box/box.h"

#define IRQ_ARCH (-1) /* number of a row that is no numbered interrupt: LOC, RES, NMI ... */

struct irq_row {
	int irq;           /* IRQ_ARCH: see label */
	char label[16];    /* "24", "LOC" */
	char chip[64];     /* "PCI-MSIX-0000:00:03.0"; for IRQ_ARCH the kernel's description */
	char hwirq[32];    /* "1-edge"; "" when there is none */
	char actions[128]; /* "virtio0-input.0", "a, b"; "" when nobody asked for it */
	uint64_t *counts;  /* one a column, in the order of irq_table.cpus */
};

struct irq_table {
	struct cpulist cpus; /* the columns: only CPUs that are online */
	size_t n_cpus, n_rows;
	struct irq_row *rows;
	uint64_t *pool; /* what the rows' counts point into */
};

/* -EBADMSG with line and reason for what is no /proc/interrupts; it is torn when a CPU came or went
 * while it was read. */
_must_check_ int irq_table_parse(const char *text, struct irq_table **ret, struct error *err);

/* Reads and parses; a torn one is read again. */
_must_check_ int irq_table_read(struct box *box, struct irq_table **ret);
void irq_table_free(struct irq_table *t);
CLEANUP_DEFINE(struct irq_table, irq_table, irq_table_free)

/* NULL when there is no such row. */
const struct irq_row *irq_table_find(const struct irq_table *t, int irq);

/* What the row counted on that CPU (0 when it has no column), and on all that have one. */
uint64_t irq_row_on(const struct irq_table *t, const struct irq_row *row, int cpu);
uint64_t irq_row_sum(const struct irq_table *t, const struct irq_row *row);

struct irq_affinity {
	struct cpulist mask;      /* smp_affinity_list: where it may go */
	struct cpulist effective; /* effective_affinity_list: where it goes */
	bool has_effective;       /* some architectures do not say */
};

/* -ENOENT: the interrupt has gone. */
_must_check_ int irq_affinity_read(struct box *box, int irq, struct irq_affinity *ret);

/* Writes smp_affinity_list; without interrupt remapping it moves at its next occurrence only. */
_must_check_ int irq_affinity_write(struct box *box, int irq, const struct cpulist *mask);

/*
 * May the administrator steer it? 1, or 0 for managed, per-CPU and fixed ones. Nothing is changed:
 * a text that is no list is written, which the kernel refuses with EINVAL only after it has refused
 * interrupts that may not be steered (EIO; EPERM since 6.12).
 */
_must_check_ int irq_can_steer(struct box *box, int irq);

/* Counts for every possible CPU, also those that are off, which /proc/interrupts hides. */
struct irq_counts {
	int irq;
	uint64_t total;
	uint64_t *on;  /* by CPU number */
	size_t n_cpus; /* highest possible CPU + 1 */
};

/* `text` as in per_cpu_count; `possible` says which CPUs its numbers belong to. -EBADMSG when they
 * are not as many. */
_must_check_ int irq_counts_parse(const char *text, const struct cpulist *possible,
				  struct irq_counts *ret);
_must_check_ int irq_counts_read(struct box *box, int irq, const struct cpulist *possible,
				 struct irq_counts *ret);
/* The same from a row of /proc/interrupts, where CPUs that are off count 0. */
_must_check_ int irq_counts_of_row(const struct irq_table *t, const struct irq_row *row,
				   const struct cpulist *possible, struct irq_counts *ret);
void irq_counts_done(struct irq_counts *c);

static inline uint64_t irq_counts_on(const struct irq_counts *c, int cpu)
{
	return cpu >= 0 && (size_t)cpu < c->n_cpus ? c->on[cpu] : 0;
}

/* How much more in `now`; 0 when it is less: then it was freed and asked for again meanwhile. */
static inline uint64_t irq_counts_grown(const struct irq_counts *was, const struct irq_counts *now,
					int cpu)
{
	uint64_t a = irq_counts_on(was, cpu), b = irq_counts_on(now, cpu);

	return b > a ? b - a : 0;
}

/* Is the interrupt one of the device behind this sysfs directory ("sys/class/net/eth0/device")? By
 * its MSI list. */
bool irq_is_of_device(struct box *box, int irq, const char *device_path);
