// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Greedy: each row begins with a pair that no row has yet, and takes on each other axis the value
 * that brings most such pairs. Not the smallest plan, but never far from it, and quick.
 */
#include "lab/pairwise.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define SLOTS (PAIRWISE_AXES_MAX * PAIRWISE_VALUES_MAX)
#define FREE (-1)

struct plan {
	const int *sizes;
	size_t n_axes;
	bool *is_met;  /* [SLOTS][SLOTS]: this value of this axis has met that of that */
	size_t n_left; /* pairs */
	int *rows;
	size_t n_rows;
};

static bool *met(struct plan *p, size_t a, int va, size_t b, int vb)
{
	size_t one = a * PAIRWISE_VALUES_MAX + va, other = b * PAIRWISE_VALUES_MAX + vb;

	return &p->is_met[one < other ? one * SLOTS + other : other * SLOTS + one];
}

static int add_row(struct plan *p, const int *row)
{
	int *bigger;

	if (p->n_rows == PAIRWISE_ROWS_MAX)
		return -E2BIG;
	/* Doubled whenever it is full. */
	if ((p->n_rows & (p->n_rows - 1)) == 0) {
		bigger = reallocarray(p->rows, (p->n_rows ? 2 * p->n_rows : 1) * p->n_axes,
				      sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		p->rows = bigger;
	}
	memcpy(p->rows + p->n_rows++ * p->n_axes, row, p->n_axes * sizeof(*row));
	return 0;
}

static void cross_off(struct plan *p, const int *row)
{
	for (size_t a = 0; a < p->n_axes; a++)
		for (size_t b = a + 1; b < p->n_axes; b++) {
			bool *is_met = met(p, a, row[a], b, row[b]);

			p->n_left -= !*is_met;
			*is_met = true;
		}
}

/* The first pair that is left, as the beginning of a row. */
static void begin_row(struct plan *p, int *row)
{
	for (size_t a = 0; a < p->n_axes; a++)
		row[a] = FREE;
	for (size_t a = 0; a < p->n_axes; a++)
		for (size_t b = a + 1; b < p->n_axes; b++)
			for (int va = 0; va < p->sizes[a]; va++)
				for (int vb = 0; vb < p->sizes[b]; vb++) {
					if (*met(p, a, va, b, vb))
						continue;
					row[a] = va;
					row[b] = vb;
					return;
				}
}

static int gain(struct plan *p, const int *row, size_t axis, int value)
{
	int n = 0;

	for (size_t b = 0; b < p->n_axes; b++)
		if (b != axis && row[b] != FREE)
			n += !*met(p, axis, value, b, row[b]);
	return n;
}

/* A tie goes to the default, so that a row is no stranger than it must be. */
static void fill_row(struct plan *p, int *row)
{
	for (size_t a = 0; a < p->n_axes; a++) {
		int best = 0;

		if (row[a] != FREE)
			continue;
		for (int v = 1; v < p->sizes[a]; v++)
			if (gain(p, row, a, v) > gain(p, row, a, best))
				best = v;
		row[a] = best;
	}
}

static int check(const int *sizes, size_t n_axes)
{
	if (n_axes == 0 || n_axes > PAIRWISE_AXES_MAX)
		return -EINVAL;
	for (size_t a = 0; a < n_axes; a++)
		if (sizes[a] < 1 || sizes[a] > PAIRWISE_VALUES_MAX)
			return -EINVAL;
	return 0;
}

int pairwise_plan(const int *sizes, size_t n_axes, int **ret_rows, size_t *ret_n)
{
	struct plan p = { .sizes = sizes, .n_axes = n_axes };
	_cleanup_free_ bool *is_met = calloc((size_t)SLOTS * SLOTS, sizeof(*is_met));
	int row[PAIRWISE_AXES_MAX] = {}, r = check(sizes, n_axes);

	if (r < 0 || !is_met)
		return r < 0 ? r : -ENOMEM;
	p.is_met = is_met;
	for (size_t a = 0; a < n_axes; a++)
		for (size_t b = a + 1; b < n_axes; b++)
			p.n_left += (size_t)sizes[a] * sizes[b];
	r = add_row(&p, row);
	cross_off(&p, row);
	/* One axis has no pairs: each of its values is a row. */
	for (row[0] = 1; n_axes == 1 && r == 0 && row[0] < sizes[0]; row[0]++)
		r = add_row(&p, row);
	while (r == 0 && p.n_left > 0) {
		begin_row(&p, row);
		fill_row(&p, row);
		r = add_row(&p, row);
		cross_off(&p, row);
	}
	if (r < 0) {
		free(p.rows);
		return r;
	}
	*ret_rows = p.rows;
	*ret_n = p.n_rows;
	return 0;
}

int pairwise_product(const int *sizes, size_t n_axes, int **ret_rows, size_t *ret_n)
{
	struct plan p = { .sizes = sizes, .n_axes = n_axes };
	int row[PAIRWISE_AXES_MAX] = {}, r = check(sizes, n_axes);
	size_t a = 0;

	while (r == 0 && a < n_axes) {
		r = add_row(&p, row);
		/* As an odometer counts; over its end there is no row any more. */
		for (a = 0; a < n_axes; a++) {
			if (++row[a] < sizes[a])
				break;
			row[a] = 0;
		}
	}
	if (r < 0) {
		free(p.rows);
		return r;
	}
	*ret_rows = p.rows;
	*ret_n = p.n_rows;
	return 0;
}
