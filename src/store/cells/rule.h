// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is expected, as people say it: rules that take cells away, each with its reason, and kernels
 * that are wanted on a machine before any run has tried them. Every change plans the cells anew.
 */
#pragma once

#include "store/db/db.h"

enum {
	RULE_ID,
	RULE_SCENARIO,
	RULE_CLAIM,
	RULE_ARCH,
	RULE_MACHINE,
	RULE_FROM,
	RULE_BEFORE,
	RULE_REASON,
	RULE_BY,
	RULE_AT
};
_must_check_ int rule_list(struct db *db, struct rows *ret, struct error *err);

/* Globs; "" is any. Kernels from `from` on, and before `before`. */
struct rule_new {
	const char *scenario, *claim, *arch, *machine, *from, *before, *reason, *by;
};
/* Transactions of their own, which mark all targets: cell_replan_step() until it is done. -EINVAL:
 * it has no reason, would take all, or names no kernel; -ENOENT. */
_must_check_ int rule_add(struct db *db, const struct rule_new *rule, int64_t now, int64_t *ret,
			  struct error *err);
/* What is NULL of it stays. */
_must_check_ int rule_change(struct db *db, int64_t id, const struct rule_new *rule, int64_t now,
			     struct error *err);
_must_check_ int rule_remove(struct db *db, int64_t id, struct error *err);
_must_check_ int rule_read(struct db *db, int64_t id, struct rows *ret, struct error *err);

enum { WANTED_ID, WANTED_MACHINE, WANTED_KERNEL, WANTED_OPTIONS, WANTED_SINCE };
/* Targets that are wanted and were never tried. */
_must_check_ int wanted_list(struct db *db, int64_t limit, struct rows *ret, struct error *err);
/* -ENOENT: no such machine; -EINVAL: no version of a kernel. */
_must_check_ int wanted_add(struct db *db, const char *machine, const char *kernel,
			    const char *options, int64_t now, struct error *err);
/* The target is no longer expected; what was proved of it stays. */
_must_check_ int wanted_remove(struct db *db, int64_t target, int64_t now, struct error *err);
