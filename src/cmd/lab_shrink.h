// SPDX-License-Identifier: GPL-2.0-or-later
/* What `hotproof lab shrink` starts from: the failed run, read once; and the same question asked of
 * other runs. Nothing is started here. */
#pragma once

#include <jansson.h>

#include "base/error.h"

struct lab_shrink_source {
	json_t *plan;         /* owned */
	const char *scenario; /* the plan's */
	char **words;         /* options of the `lab run`, NULL-terminated; owned */
	char *claims;         /* that failed, each after a space; owned */
};

/*
 * `scenario` NULL: the first race that failed. -ENODATA: no race failed in it; other errors: it
 * cannot be read, or has no plan.
 */
_must_check_ int lab_shrink_source_read(const char *run, const char *scenario,
					struct lab_shrink_source *ret, struct error *err);
void lab_shrink_source_clear(struct lab_shrink_source *s);

/* 1: one of the claims failed in that run too; 0: none did; -ENODATA: it says nothing about them.
 */
_must_check_ int lab_shrink_source_fails(const struct lab_shrink_source *s, const char *run);

/* Removes a folder and all that is in it. */
void lab_shrink_source_forget(const char *dir);
