// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts the cube's cells by two axes, joined by label: many machines are one architecture. Names
 * come from the database each time: they are few. It shows nothing.
 */
#include "store/cells/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/cells/cube_filter.h"
#include "store/cells/matrix_labels.h"

const struct matrix_axis_word matrix_axes[MATRIX_AXES] = {
	[MATRIX_CLAIM] = { "claim", "Claim", MATRIX_SCENARIO },
	[MATRIX_SUBJECT] = { "subject", "Subject", MATRIX_CLAIM },
	[MATRIX_SCENARIO] = { "scenario", "Scenario", MATRIX_CLAIM },
	[MATRIX_KERNEL] = { "kernel", "Kernel", MATRIX_MACHINE },
	[MATRIX_SERIES] = { "series", "Kernel series", MATRIX_KERNEL },
	[MATRIX_MACHINE] = { "machine", "Machine", MATRIX_KERNEL },
	[MATRIX_ARCH] = { "arch", "Architecture", MATRIX_MACHINE },
	[MATRIX_PLATFORM] = { "platform", "Platform", MATRIX_MACHINE },
	[MATRIX_OPTIONS] = { "options", "Options", MATRIX_MACHINE },
};

/* What an axis is an attribute of, and the label of each id with what orders it. */
static const struct {
	enum { OF_CLAIM, OF_SCENARIO, OF_KERNEL, OF_MACHINE, OF_TARGET } of;
	const char *labels;
} sources[MATRIX_AXES] = {
	[MATRIX_CLAIM] = { OF_CLAIM, "SELECT id,name,0 FROM claim" },
	[MATRIX_SUBJECT] = { OF_CLAIM, "SELECT id,subject,0 FROM claim" },
	[MATRIX_SCENARIO] = { OF_SCENARIO, "SELECT id,name,0 FROM scenario" },
	[MATRIX_KERNEL] = { OF_KERNEL, "SELECT id,name,number FROM kernel" },
	[MATRIX_SERIES] = { OF_KERNEL, "SELECT k.id,k.series,(SELECT min(number) FROM kernel s"
				       " WHERE s.series=k.series) FROM kernel k" },
	[MATRIX_MACHINE] = { OF_MACHINE, "SELECT id,name,0 FROM machine" },
	[MATRIX_ARCH] = { OF_MACHINE, "SELECT id,arch,0 FROM machine" },
	[MATRIX_PLATFORM] = { OF_MACHINE, "SELECT id,platform,0 FROM machine" },
	[MATRIX_OPTIONS] = { OF_TARGET, "SELECT id,options,0 FROM target" },
};

enum matrix_axis matrix_axis_of(const char *word)
{
	for (int i = 0; i < MATRIX_AXES; i++)
		if (strcmp(matrix_axes[i].word, word) == 0)
			return (enum matrix_axis)i;
	return MATRIX_AXES;
}

enum cell_state matrix_worst(const struct matrix_count *count)
{
	enum cell_state worst = CELL_NOT_APPLICABLE;

	for (int i = 0; i < CELL_STATES; i++)
		if (count->n[i] > 0 && cell_words[i].badness > cell_words[worst].badness)
			worst = (enum cell_state)i;
	return worst;
}

struct matrix_look matrix_look(const struct matrix_count *count)
{
	const struct cell_word *worst = &cell_words[matrix_worst(count)];

	if (count->n[CELL_PASS] > 0 && worst != &cell_words[CELL_PASS] &&
	    worst->badness < cell_words[CELL_STALE].badness)
		return (struct matrix_look){ "in-part", "◐", "pass in part" };
	return (struct matrix_look){ worst->word, worst->symbol, worst->title };
}

int matrix_coverage(const struct matrix_count *count)
{
	int applicable = count->total - count->n[CELL_NOT_APPLICABLE];

	return applicable > 0 ? (int)((int64_t)count->n[CELL_PASS] * 100 / applicable) : -1;
}

void matrix_free(struct matrix *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->n_rows; i++)
		free(m->rows[i]);
	for (int i = 0; i < m->n_columns; i++)
		free(m->columns[i]);
	free(m->rows);
	free(m->columns);
	free(m->cells);
	free(m);
}

/* A pair or a target that is counted, and its share of the place in the grid. */
struct part {
	size_t at, place;
};

struct parts {
	struct part *list;
	size_t n;
};

static void cleanup_parts(struct parts *p)
{
	free(p->list);
}

static bool is_of_pair(enum matrix_axis axis)
{
	return sources[axis].of == OF_CLAIM || sources[axis].of == OF_SCENARIO;
}

static int64_t id_on(enum matrix_axis axis, const struct cube_pair *pair,
		     const struct cube_target *target)
{
	switch (sources[axis].of) {
	case OF_CLAIM: return pair->claim;
	case OF_SCENARIO: return pair->scenario;
	case OF_KERNEL: return target->kernel;
	case OF_MACHINE: return target->machine;
	default: return target->id;
	}
}

struct axis {
	enum matrix_axis axis;
	struct labels labels;
	char **texts; /* those that are met, in order */
	int n;
};

struct counting {
	struct cube_view view;
	struct cube_filter only;
	struct axis rows, columns;
	struct parts pairs, targets;
};

static void cleanup_axis(struct axis *a)
{
	labels_clear(&a->labels);
	for (int i = 0; i < a->n; i++)
		free(a->texts[i]);
	free(a->texts);
}

static void cleanup_counting(struct counting *c)
{
	cube_look_away(&c->view);
	cube_filter_clear(&c->only);
	cleanup_axis(&c->rows);
	cleanup_axis(&c->columns);
	cleanup_parts(&c->pairs);
	cleanup_parts(&c->targets);
}

/* False: the names that were read do not have it yet. */
static bool meet(struct axis *a, const struct cube_pair *pair, const struct cube_target *target)
{
	struct label *l;

	if (is_of_pair(a->axis) != (pair != NULL))
		return true;
	l = labels_find(&a->labels, id_on(a->axis, pair, target));
	if (l)
		l->at = 0;
	return l != NULL;
}

/* Which pairs and targets there are to count, and the labels that they have. */
static int collect(struct counting *c)
{
	const struct cube_view *v = &c->view;

	c->pairs.list = calloc(v->n_pairs + 1, sizeof(struct part));
	c->targets.list = calloc(v->n_targets + 1, sizeof(struct part));
	if (!c->pairs.list || !c->targets.list)
		return -ENOMEM;
	for (size_t i = 0; i < v->n_pairs; i++)
		if (cube_filter_pair(&c->only, &v->pairs[i]) &&
		    meet(&c->rows, &v->pairs[i], NULL) && meet(&c->columns, &v->pairs[i], NULL))
			c->pairs.list[c->pairs.n++].at = i;
	for (size_t i = 0; i < v->n_targets; i++)
		if (cube_filter_target(&c->only, &v->targets[i]) &&
		    meet(&c->rows, NULL, &v->targets[i]) && meet(&c->columns, NULL, &v->targets[i]))
			c->targets.list[c->targets.n++].at = i;
	return 0;
}

/* Where a part stands along an axis: 0 when the axis is the other kind's. */
static size_t place_on(struct axis *a, const struct cube_pair *pair,
		       const struct cube_target *target)
{
	const struct label *l;

	if (is_of_pair(a->axis) != (pair != NULL))
		return 0;
	l = labels_find(&a->labels, id_on(a->axis, pair, target));
	return l && l->at >= 0 ? (size_t)l->at : 0;
}

static void place(struct counting *c)
{
	for (size_t i = 0; i < c->pairs.n; i++) {
		const struct cube_pair *p = &c->view.pairs[c->pairs.list[i].at];

		c->pairs.list[i].place = place_on(&c->rows, p, NULL) * (size_t)c->columns.n +
					 place_on(&c->columns, p, NULL);
	}
	for (size_t i = 0; i < c->targets.n; i++) {
		const struct cube_target *t = &c->view.targets[c->targets.list[i].at];

		c->targets.list[i].place = place_on(&c->rows, NULL, t) * (size_t)c->columns.n +
					   place_on(&c->columns, NULL, t);
	}
}

/* The one loop over all cells: a byte each, and a place that is a sum. */
static void count(const struct counting *c, struct matrix_count *grid)
{
	for (size_t i = 0; i < c->targets.n; i++) {
		const struct cube_target *t = &c->view.targets[c->targets.list[i].at];
		struct matrix_count *of_target = grid + c->targets.list[i].place;

		for (size_t k = 0; k < c->pairs.n; k++) {
			const struct part *p = &c->pairs.list[k];
			uint8_t state = t->states[p->at];
			struct matrix_count *to = of_target + p->place;

			if (!c->only.states[state])
				continue;
			to->n[state & CUBE_STATE]++;
			to->total++;
			to->one = t->cells[p->at];
		}
	}
}

static void add_up(struct matrix_count *to, const struct matrix_count *count)
{
	for (int s = 0; s < CELL_STATES; s++)
		to->n[s] += count->n[s];
	to->total += count->total;
	if (count->total)
		to->one = count->one;
}

static char **keep_texts(struct axis *a, const bool *is_met, int *ret_n)
{
	char **kept = calloc((size_t)a->n + 1, sizeof(*kept));

	*ret_n = 0;
	for (int i = 0; kept && i < a->n; i++)
		if (is_met[i]) {
			kept[(*ret_n)++] = a->texts[i];
			a->texts[i] = NULL;
		}
	return kept;
}

/* Rows and columns without a cell are left out. */
static int keep_met(struct counting *c, const struct matrix_count *grid, struct matrix *m)
{
	_cleanup_free_ bool *rows = calloc((size_t)c->rows.n + 1, sizeof(bool));
	_cleanup_free_ bool *columns = calloc((size_t)c->columns.n + 1, sizeof(bool));
	struct matrix_count *to;

	if (!rows || !columns)
		return -ENOMEM;
	for (int i = 0; i < c->rows.n * c->columns.n; i++)
		if (grid[i].total > 0) {
			rows[i / c->columns.n] = columns[i % c->columns.n] = true;
			add_up(&m->all, &grid[i]);
		}
	m->rows = keep_texts(&c->rows, rows, &m->n_rows);
	m->columns = keep_texts(&c->columns, columns, &m->n_columns);
	m->cells = calloc((size_t)m->n_rows * (size_t)m->n_columns + 1, sizeof(*m->cells));
	if (!m->rows || !m->columns || !m->cells)
		return -ENOMEM;
	to = m->cells;
	for (int i = 0; i < c->rows.n * c->columns.n; i++)
		if (rows[i / c->columns.n] && columns[i % c->columns.n])
			*to++ = grid[i];
	return 0;
}

static int fill(struct counting *c, struct matrix *m)
{
	_cleanup_free_ struct matrix_count *grid = NULL;

	if (collect(c) < 0 || labels_place(&c->rows.labels, &c->rows.texts, &c->rows.n) < 0 ||
	    labels_place(&c->columns.labels, &c->columns.texts, &c->columns.n) < 0)
		return -ENOMEM;
	grid = calloc((size_t)c->rows.n * (size_t)c->columns.n + 1, sizeof(*grid));
	if (!grid)
		return -ENOMEM;
	place(c);
	if (c->rows.n > 0 && c->columns.n > 0)
		count(c, grid);
	return keep_met(c, grid, m);
}

int matrix_read(struct cube *cube, struct db *db, enum matrix_axis rows, enum matrix_axis columns,
		const struct filter *filter, struct matrix **ret, struct error *err)
{
	_cleanup_(cleanup_matrix) struct matrix *m = calloc(1, sizeof(*m));
	struct counting c _cleanup_(cleanup_counting) = { .rows = { .axis = rows },
							  .columns = { .axis = columns } };
	int r;

	if (!m)
		return error_set(err, ENOMEM, "out of memory for the matrix");
	m->rows_axis = rows;
	m->columns_axis = columns;
	r = labels_read(db, sources[rows].labels, &c.rows.labels, err);
	if (r >= 0)
		r = labels_read(db, sources[columns].labels, &c.columns.labels, err);
	if (r >= 0)
		r = cube_filter_read(&c.only, db, filter, err);
	if (r >= 0)
		r = cube_look(cube, db, &c.view, err);
	if (r < 0)
		return r;
	if (fill(&c, m) < 0)
		return error_set(err, ENOMEM, "out of memory for the matrix");
	*ret = take_ptr(m);
	return 0;
}

int matrix_by(struct cube *cube, struct db *db, enum matrix_axis rows, const struct filter *filter,
	      struct matrix **ret, struct error *err)
{
	int r = matrix_read(cube, db, rows, MATRIX_ARCH, filter, ret, err);

	if (r < 0)
		return r;
	for (int i = 0; i < (*ret)->n_rows; i++)
		for (int k = 1; k < (*ret)->n_columns; k++)
			add_up(&(*ret)->cells[i * (*ret)->n_columns], matrix_at(*ret, i, k));
	return 0;
}

const struct matrix_count *matrix_find(const struct matrix *m, const char *label)
{
	for (int i = 0; i < m->n_rows; i++)
		if (strcmp(m->rows[i], label) == 0)
			return matrix_at(m, i, 0);
	return NULL;
}
