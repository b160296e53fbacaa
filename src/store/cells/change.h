// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What differs between two sides: kernels up to a version and those after it, two runs, two
 * kernels, or two machines. Claim by claim of each scenario; it only reads cells and results.
 */
#pragma once

#include "store/cells/cell.h"
#include "store/cells/cube.h"
#include "store/cells/filter.h"

enum change_kind {
	CHANGE_REGRESSED,   /* passed, and fails */
	CHANGE_LOST,        /* passed, and proves nothing any more */
	CHANGE_FIXED,       /* failed, and passes */
	CHANGE_APPEARED,    /* was not there before */
	CHANGE_DISAPPEARED, /* is not there any more */
	CHANGE_OTHER,       /* differs in another way */
	CHANGE_KINDS
};
struct change_word {
	const char *title, *explain;
};
extern const struct change_word change_words[CHANGE_KINDS];

struct change {
	enum change_kind kind;
	int64_t pair;
	char *scenario, *claim, *machine;
	enum cell_state before, after;
	int64_t before_cell, after_cell; /* 0: none */
	char *before_where,
		*after_where; /* kernels: the last one before, the first that differs after */
	char *why;
};

struct change_list {
	struct change *list; /* ordered by kind */
	size_t n;
	int counts[CHANGE_KINDS];
	int same; /* pairs that did not change */
};
void change_list_clear(struct change_list *l);
#define _cleanup_changes_ _cleanup_(change_list_clear)

/* Kernels up to `since` ("6.12.90") on one side, newer ones on the other, on each machine. */
_must_check_ int change_since(struct cube *cube, struct db *db, const char *since,
			      const struct filter *filter, struct change_list *ret,
			      struct error *err);

/* Two runs by name, or with `what` "kernel" or "machine" two of those. -ENOENT: there is none. */
_must_check_ int change_between(struct db *db, const char *what, const char *before,
				const char *after, struct change_list *ret, struct error *err);
