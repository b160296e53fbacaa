// SPDX-License-Identifier: GPL-2.0-or-later
/* Which interrupt is worth being led to a CPU: part of steer. */
#pragma once

#include <stdint.h>

#include "witnesses/irq/steer.h"

#define CHOOSE_COUNT 3 /* so often it must come while it is watched */

/*
 * Watches until a receiving interrupt of a network interface comes, or for `patience_ns` for
 * anything else that may be steered: 1 with irq, name and is_net in *target, or 0 when nothing
 * comes.
 */
_must_check_ int choose_irq(struct box *box, int64_t patience_ns, struct steer_target *target);

/* Names of receive queues, as drivers give them: 2 receives, 1 perhaps, 0 sends. For choosing, not
 * for judging. */
int choose_rank_name(const char *name);
