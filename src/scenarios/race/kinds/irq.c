// SPDX-License-Identifier: GPL-2.0-or-later
/* The actor that steers interrupts to CPUs that come and go. The parent of the scenario puts the
 * masks back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "scenarios/race/kinds/kinds.h"

#define IRQS 32

struct irqs {
	int list[IRQS];
	int n;
};

static int begin(struct race_actor *a)
{
	_cleanup_names_ char **names = NULL;
	struct irqs *irqs = calloc(1, sizeof(*irqs));
	int r = irqs ? box_list(a->box, "proc/irq", &names) : -ENOMEM, irq;

	a->state = irqs;
	for (char **n = names; r == 0 && *n && irqs->n < IRQS; n++)
		if (text_to_int(*n, &irq) == 0)
			irqs->list[irqs->n++] = irq;
	return r < 0 ? r : irqs->n > 0 ? 0 : -ENODEV;
}

static int act_steer(struct race_actor *a, const struct race_op *op)
{
	const struct irqs *irqs = a->state;
	char cpu[16];

	snprintf(cpu, sizeof(cpu), "%d", op->cpu);
	return kinds_write(cpu, "/proc/irq/%d/smp_affinity_list", irqs->list[op->arg % irqs->n]);
}

static int act_read(struct race_actor *a, const struct race_op *op)
{
	_cleanup_free_ char *text = NULL;

	(void)op;
	return box_read(a->box, "proc/interrupts", &text);
}

/*
 * EINVAL: the CPU is off; EIO, EPERM: managed, or of a chip that cannot; ENOSPC: no vector is left
 * there; EBUSY: a move is under way; ENOENT: the interrupt has gone.
 */
static const struct race_verb verbs[] = {
	{ .name = "steer",
	  .has_cpu = true,
	  .args = IRQS,
	  .weight = 8,
	  .legal = RACE_LEGAL(0, EINVAL, EIO, EPERM, ENOSPC, EBUSY, ENOENT),
	  .act = act_steer },
	{ .name = "read", .weight = 1, .legal = RACE_LEGAL(0), .act = act_read },
	{},
};

const struct race_kind race_irq = {
	.name = "irq",
	.summary = "steers interrupts to the CPUs that come and go",
	.verbs = verbs,
	.begin = begin,
};
