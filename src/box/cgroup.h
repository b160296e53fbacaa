// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Groups of cgroup v2 that a run makes for its own processes, directly below the top one, and takes
 * away again (Documentation/admin-guide/cgroup-v2.rst). Groups of others are never touched. Real
 * boxes only.
 */
#pragma once

#include "box/box.h"

#define CGROUP_TOP "sys/fs/cgroup"

/*
 * 1: groups can be made here, with this controller (NULL: with none); 0: not, with a sentence why
 * (owned by the caller). A controller that is off is turned on only where no group of others would
 * come under its rules.
 */
_must_check_ int cgroup_probe(struct box *box, const char *controller, char **ret_why);

/* For groups below the top one. 1: it is on now and was not, so that the caller should turn it off
 * later; 0: it was on. */
_must_check_ int cgroup_turn_on(struct box *box, const char *controller);
void cgroup_turn_off(struct box *box, const char *controller);

/* *ret_dir (owned by the caller) is its path in the box, "sys/fs/cgroup/hotproof-NAME-PID". */
_must_check_ int cgroup_make(const char *name, char **ret_dir);

/* Its processes must be ending: waits for that a little. Safe on NULL. */
void cgroup_remove(const char *dir);

/* Its directory, for a process to be born in. */
_must_check_ int cgroup_open(const char *dir);
