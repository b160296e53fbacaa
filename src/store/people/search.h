// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Full text over everything that has a name: claims, scenarios, runs, kernels, machines, ideas.
 * What people type is words, never a query language, so that no input is a syntax error.
 */
#pragma once

#include "store/db/db.h"

enum { SEARCH_KIND, SEARCH_REF, SEARCH_TITLE, SEARCH_SNIPPET };

/* Best first; the last word may be the beginning of one. `kind`: only of that kind; NULL: any.
 * Nothing to look for finds nothing. */
_must_check_ int search_find(struct db *db, const char *words, const char *kind, int64_t limit,
			     struct rows *ret, struct error *err);

/* The same, what came last first: for who looks again and again. What is told of anew, as a machine
 * whose place was changed, counts as come then. */
_must_check_ int search_newest(struct db *db, const char *words, int64_t limit, struct rows *ret,
			       struct error *err);

/* The same, but any of the words will do: for what is alike. */
_must_check_ int search_alike(struct db *db, const char *words, const char *kind, int64_t limit,
			      struct rows *ret, struct error *err);

_must_check_ int search_put(struct db *db, const char *kind, const char *ref, const char *title,
			    const char *body, struct error *err);
_must_check_ int search_remove(struct db *db, const char *kind, const char *ref, struct error *err);
