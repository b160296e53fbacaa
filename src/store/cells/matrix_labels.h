// SPDX-License-Identifier: GPL-2.0-or-later
/* The labels along an axis of the matrix: names of ids, several of which may be one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/db/db.h"

struct label {
	int64_t id, order;
	char *text;
	int at; /* among those that are shown; -1: not met yet */
};

struct labels {
	struct label *list; /* by id */
	size_t n;
};

/* `sql`: id, text, what orders it. */
_must_check_ int labels_read(struct db *db, const char *sql, struct labels *l, struct error *err);
void labels_clear(struct labels *l);
struct label *labels_find(struct labels *l, int64_t id);
/* The texts of those that were met (at=0) in their order, each once, owned by the caller; ids of
 * the same text get the same place. */
_must_check_ int labels_place(struct labels *l, char ***ret, int *ret_n);
