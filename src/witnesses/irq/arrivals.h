// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where one interrupt arrives around an act, sampled by a thread: for the picture (observation
 * irq.arrivals). No verdict depends on it.
 */
#pragma once

#include "box/irq.h"
#include "stage/expect.h"

struct arrivals;

_must_check_ int arrivals_new(struct box *box, struct arrivals **ret);
void arrivals_free(struct arrivals *a);

/* From now on, until arrivals_end() of the same act. */
void arrivals_begin(struct arrivals *a, int irq, const char *name);

/* Writes what was seen; nothing when nothing was begun. */
void arrivals_end(struct arrivals *a, struct stage *s, const struct act *act);
