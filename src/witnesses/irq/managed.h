// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Managed interrupts: those of a disk's queue that belongs to one CPU, exercised by reads made on
 * that CPU. Part of the irq witness.
 */
#pragma once

#include "stage/act.h"
#include "witnesses/irq/scan.h"

extern const struct claim managed_claim; /* "irq.managed-shuts-down" */

struct managed;

_must_check_ int managed_new(struct box *box, struct managed **ret);
void managed_free(struct managed *m);

/* Each is for the act of its name; `scan` was just taken. Failures to read are recorded as errors
 * of the claim. */
void managed_before_offline(struct managed *m, struct stage *s, const struct act *act,
			    const struct scan *scan);
void managed_after_offline(struct managed *m, struct stage *s, const struct act *act,
			   const struct scan *scan);
void managed_before_online(struct managed *m, struct stage *s, const struct act *act,
			   const struct scan *scan);
void managed_after_online(struct managed *m, struct stage *s, const struct act *act);
