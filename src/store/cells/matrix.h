// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix: cells counted by any two axes. It reads the cube of cells and the small tables of
 * names, whatever number of results there is.
 */
#pragma once

#include <stdint.h>

#include "store/cells/cell.h"
#include "store/cells/cube.h"
#include "store/cells/filter.h"

enum matrix_axis {
	MATRIX_CLAIM,
	MATRIX_SUBJECT,
	MATRIX_SCENARIO,
	MATRIX_KERNEL,
	MATRIX_SERIES,
	MATRIX_MACHINE,
	MATRIX_ARCH,
	MATRIX_PLATFORM,
	MATRIX_OPTIONS,
	MATRIX_AXES
};

struct matrix_axis_word {
	const char *word;          /* as in the filter: "kernel" */
	const char *title;         /* "Kernel" */
	enum matrix_axis narrower; /* what to look at next along it; itself: nothing */
};
extern const struct matrix_axis_word matrix_axes[MATRIX_AXES];
/* MATRIX_AXES: no such word. */
enum matrix_axis matrix_axis_of(const char *word);

struct matrix_count {
	int n[CELL_STATES];
	int total;
	int64_t one; /* a cell of it: the only one when total is 1 */
};

struct matrix {
	enum matrix_axis rows_axis, columns_axis;
	char **rows, **columns; /* their labels, in order */
	int n_rows, n_columns;
	struct matrix_count *cells; /* n_rows x n_columns */
	struct matrix_count all;
};

_must_check_ int matrix_read(struct cube *cube, struct db *db, enum matrix_axis rows,
			     enum matrix_axis columns, const struct filter *filter,
			     struct matrix **ret, struct error *err);
/* The same with one column only, of all that the filter lets through. */
_must_check_ int matrix_by(struct cube *cube, struct db *db, enum matrix_axis rows,
			   const struct filter *filter, struct matrix **ret, struct error *err);
/* The row of that label; NULL: there is none. */
const struct matrix_count *matrix_find(const struct matrix *m, const char *label);
void matrix_free(struct matrix *m);
CLEANUP_DEFINE(struct matrix, matrix, matrix_free)

static inline const struct matrix_count *matrix_at(const struct matrix *m, int row, int column)
{
	return &m->cells[row * m->n_columns + column];
}

/* The state that stands for all of them: the worst one that is there. */
enum cell_state matrix_worst(const struct matrix_count *count);

/*
 * How several cells look as one. Where nothing is worse than skipped, blocked or not tried, passes
 * beside them are not hidden by that, and are no proof of all either: "in part".
 */
struct matrix_look {
	const char *word, *symbol, *title; /* as struct cell_word */
};
struct matrix_look matrix_look(const struct matrix_count *count);

/* Passes in percent of what is applicable; -1: nothing is. 100 only when all are. */
int matrix_coverage(const struct matrix_count *count);
