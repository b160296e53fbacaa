// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The inventory: machines, kernels, and the targets that they make together. A run from an unknown
 * machine registers it: nothing that was proved is lost for want of a form.
 */
#pragma once

#include "store/db/db.h"
#include "store/take/names.h"

/* The target of a run, made with its machine, kernel and cells when it is new. In the caller's
 * transaction. */
_must_check_ int machine_target(struct db *db, const struct names *names, int64_t now, int64_t *ret,
				struct error *err);

/* What may be changed of a machine; NULL: stays as it is. */
struct machine_change {
	const char *summary, *platform, *capabilities, *owner, *place, *lent_to, *lent_until;
	const char *health, *health_why, *console;
	const char *key; /* with which it signs, as base64; "": none any more */
	int every_days;  /* -1: stays */
};
/* -ENOENT: no such machine; -EINVAL: no such health, or no key. A transaction of its own. */
_must_check_ int machine_set(struct db *db, const char *name, const struct machine_change *change,
			     int64_t now, struct error *err);

/* How many cells would be open for trying if the machine were repaired. */
_must_check_ int machine_blocked(struct db *db, int64_t machine, int64_t *ret, struct error *err);
