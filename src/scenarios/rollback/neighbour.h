// SPDX-License-Identifier: GPL-2.0-or-later
/* What an aborted offline does to others: another CPU goes and comes. */
#pragma once

#include "scenarios/rollback/trap.h"

extern const struct claim neighbour_claim; /* "rollback.neighbour" */

/* -errno: the other CPU did not come back. */
_must_check_ int neighbour_cycle(struct trap *t);
