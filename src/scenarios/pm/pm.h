// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A suspend that ends at the CPUs and comes back (power/pm_test "processors"): tasks are frozen,
 * devices put to sleep, all CPUs but one taken off, and all of it undone at once. The box never
 * sleeps. Needs CONFIG_PM_DEBUG and CONFIG_PM_SLEEP_DEBUG.
 */
#pragma once

#include "stage/claim.h"

#define PM_STATE "sys/power/state"
#define PM_WORD "mem"

extern const struct need pm_need_test; /* "box.pm-test" */

/* A file, what is to be in it, and what was. */
struct pm_knob {
	const char *path, *value;
	bool is_optional;
	char was[32]; /* "": not changed */
};

#define PM_KNOBS 3
struct pm_knobs {
	struct pm_knob knobs[PM_KNOBS];
};

/* Which files must say what, and what they say now; -errno when one cannot be read. */
_must_check_ int pm_knobs_read(struct box *box, struct pm_knobs *ret);
