// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Brings one interrupt that is in use onto the CPU that is about to go, and proves that it is
 * delivered there. Shared by all witnesses that need such an interrupt: the first that asks does
 * the work for this act. Prefers what receives for a network interface.
 */
#pragma once

#include "box/irq.h"
#include "stage/stage.h"
#include "stage/act.h"

struct steer;

/* One for the process; counted. Starts our own traffic (quiet) where there is no prober outside. */
_must_check_ int steer_ref(struct stage *s, struct steer **ret);
/* The last one puts the affinity of every interrupt that was steered back. */
void steer_unref(struct steer *st);

struct steer_target {
	bool is_proven; /* effective on `cpu` and counted there since it was steered */
	char why[256];  /* why not */
	int cpu, irq;   /* irq -1: none was found */
	char name[128];
	bool is_net;      /* of a network interface */
	uint64_t counted; /* on `cpu`, since it was steered */
	struct irq_affinity was;
};

/* For before(offline): leads an interrupt to act->cpu. -errno: the box's files could not be read.
 * Valid until the next act. */
_must_check_ int steer_before(struct steer *st, struct stage *s, const struct act *act,
			      const struct steer_target **ret);

/* Traffic of our own, if there is any: during steering and waiting; `is_extra`: even if a prober
 * makes traffic. */
void steer_traffic(struct steer *st, bool is_on, bool is_extra);

/* The interrupt's counts on all possible CPUs. */
_must_check_ int steer_counts(struct steer *st, int irq, struct irq_counts *ret);
