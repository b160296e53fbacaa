// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An offline that the kernel has to refuse, and what it must leave as it was. Who brings the box
 * into that state is the scenario's business; whether the CPU still works is the witness
 * "function".
 */
#pragma once

#include "stage/act.h"

/*
 * 1: refused with EBUSY, and compared; 0: it went, or was refused otherwise (recorded); -errno: not
 * tried. `must`: success is a failure of the claim; else it is only not what was looked for.
 */
_must_check_ int refusal_try(struct stage *s, int cpu, const struct claim *claim, bool must);
