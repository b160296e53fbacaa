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
/*
 * The same change of each of them, by name: of all or of none, in a transaction of its own.
 * -ENOENT: no such machine; -EINVAL: no such health, no key, or no date.
 */
_must_check_ int machine_set_all(struct db *db, const char *const *names, size_t n,
				 const struct machine_change *change, int64_t now,
				 struct error *err);
_must_check_ int machine_set(struct db *db, const char *name, const struct machine_change *change,
			     int64_t now, struct error *err);

/* What has a date, or may be told of: machines of the filter (machine, arch, platform). */
enum {
	MACHINE_ID,
	MACHINE_NAME,
	MACHINE_HEALTH,
	MACHINE_HEALTH_WHY,
	MACHINE_HEALTH_AT,
	MACHINE_LENT_TO,
	MACHINE_LENT_UNTIL,
	MACHINE_EVERY_DAYS,
	MACHINE_LAST_AT,
};
struct filter;
_must_check_ int machine_list(struct db *db, const struct filter *filter, struct rows *ret,
			      struct error *err);

/* "2026-11-30" as the s since 1970 at which that day begins (UTC). -EINVAL: it is no day. */
_must_check_ int machine_date(const char *text, int64_t *ret);

/* How many cells would be open for trying if the machine were repaired. */
_must_check_ int machine_blocked(struct db *db, int64_t machine, int64_t *ret, struct error *err);
