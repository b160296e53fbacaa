// SPDX-License-Identifier: GPL-2.0-or-later
/* What scenarios share that need a box booted with options of its own: the lists of isolated and
 * nohz_full CPUs. Which options a guest has is the machine's (machines/) or the caller's (-a). */
#pragma once

#include "base/cpulist.h"
#include "box/box.h"

/* sys/devices/system/cpu/NAME; empty where there is no such file, or nothing in it. */
struct cpulist boot_list(struct box *box, const char *name);

/* The online CPUs that are not in that list. */
_must_check_ int boot_left(struct box *box, const char *name, struct cpulist *ret);
