// SPDX-License-Identifier: GPL-2.0-or-later
/* The claim irq.rerouted: part of the irq witness. */
#pragma once

#include "stage/act.h"
#include "witnesses/irq/steer.h"

extern const struct claim rerouted_claim; /* "irq.rerouted" */

/* For after(offline) of an act that was done; `target` is what steer_before() gave for it. */
_must_check_ int rerouted_after_offline(struct stage *s, struct box *box, struct steer *steer,
					const struct steer_target *target, const struct act *act);
