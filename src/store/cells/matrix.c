// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts cells by two columns of numbers, then joins them by label: many machines are one
 * architecture. It shows nothing.
 */
#include "store/cells/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

/* Where the number of a cell comes from, and the label of each number with what orders it. */
static const struct {
	const char *column, *labels;
} sources[MATRIX_AXES] = {
	[MATRIX_CLAIM] = { "claim", "SELECT id,name,0 FROM claim" },
	[MATRIX_SUBJECT] = { "claim", "SELECT id,subject,0 FROM claim" },
	[MATRIX_SCENARIO] = { "scenario", "SELECT id,name,0 FROM scenario" },
	[MATRIX_KERNEL] = { "kernel", "SELECT id,name,number FROM kernel" },
	[MATRIX_SERIES] = { "kernel", "SELECT k.id,k.series,(SELECT min(number) FROM kernel s"
				      " WHERE s.series=k.series) FROM kernel k" },
	[MATRIX_MACHINE] = { "machine", "SELECT id,name,0 FROM machine" },
	[MATRIX_ARCH] = { "machine", "SELECT id,arch,0 FROM machine" },
	[MATRIX_PLATFORM] = { "machine", "SELECT id,platform,0 FROM machine" },
	[MATRIX_OPTIONS] = { "target", "SELECT id,options,0 FROM target" },
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

struct label {
	int64_t id, order;
	char *text;
	int at; /* among those that are shown; -1: not met yet */
};

struct labels {
	struct label *list; /* by id */
	size_t n;
};

static void cleanup_labels(struct labels *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->list[i].text);
	free(l->list);
}

static int by_id(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int by_label(const void *a, const void *b)
{
	const struct label *x = *(const struct label *const *)a,
			   *y = *(const struct label *const *)b;

	if (x->order != y->order)
		return x->order > y->order ? 1 : -1;
	return strcmp(x->text, y->text);
}

static int read_labels(struct db *db, const char *sql, struct labels *l, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	size_t size = 0;
	int r = db_select(db, &rows, err, sql, NULL);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		if (l->n == size) {
			struct label *more =
				reallocarray(l->list, size = size * 2 + 64, sizeof(*more));

			if (!more)
				return error_set(err, ENOMEM, "out of memory for the matrix");
			l->list = more;
		}
		l->list[l->n++] = (struct label){ rows_int(&rows, 0), rows_int(&rows, 2),
						  strdup(rows_text(&rows, 1)), -1 };
		if (!l->list[l->n - 1].text)
			return error_set(err, ENOMEM, "out of memory for the matrix");
	}
	if (l->n > 0)
		qsort(l->list, l->n, sizeof(*l->list), by_id);
	return r;
}

static struct label *find_label(struct labels *l, int64_t id)
{
	struct label key = { .id = id };

	return l->n ? bsearch(&key, l->list, l->n, sizeof(key), by_id) : NULL;
}

/* The labels in their order, each once; numbers of the same label get the same place. */
static int place_labels(struct labels *l, char ***ret, int *ret_n)
{
	_cleanup_free_ struct label **order = calloc(l->n + 1, sizeof(*order));
	_cleanup_free_ char **out = calloc(l->n + 1, sizeof(*out));
	size_t met = 0;
	int n = 0;

	if (!order || !out)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].at == 0)
			order[met++] = &l->list[i];
	qsort(order, met, sizeof(struct label *), by_label);
	for (size_t i = 0; i < met; i++) {
		if (n == 0 || strcmp(out[n - 1], order[i]->text) != 0)
			out[n++] = strdup(order[i]->text);
		if (!out[n - 1])
			return -ENOMEM;
		order[i]->at = n - 1;
	}
	*ret = take_ptr(out);
	*ret_n = n;
	return 0;
}

struct counted {
	int64_t row, column, one;
	int state, n;
};

struct counting {
	struct counted *list;
	size_t n;
};

static void cleanup_counting(struct counting *c)
{
	free(c->list);
}

static int count(struct db *db, const struct matrix *m, const struct filter *filter,
		 struct counting *c, struct error *err)
{
	_cleanup_free_ char *where = filter_sql(filter), *sql = NULL;
	_cleanup_rows_ struct rows rows = { 0 };
	size_t size = 0;
	int r;

	if (where)
		sql = text_printf(
			"SELECT c.%s,c.%s,c.state,count(*),min(c.id) FROM cell c WHERE 1=1%s"
			" GROUP BY 1,2,3",
			sources[m->rows_axis].column, sources[m->columns_axis].column, where);
	if (!sql)
		return error_set(err, ENOMEM, "out of memory for the matrix");
	r = db_select_made(db, &rows, err, sql, FILTER_TYPES, FILTER_VALUES(filter));
	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		if (c->n == size) {
			struct counted *more =
				reallocarray(c->list, size = size * 2 + 256, sizeof(*more));

			if (!more)
				return error_set(err, ENOMEM, "out of memory for the matrix");
			c->list = more;
		}
		c->list[c->n++] = (struct counted){ rows_int(&rows, 0), rows_int(&rows, 1),
						    rows_int(&rows, 4), (int)rows_int(&rows, 2),
						    (int)rows_int(&rows, 3) };
	}
	return r;
}

static void meet(struct labels *l, int64_t id)
{
	struct label *label = find_label(l, id);

	if (label)
		label->at = 0;
}

static void add(struct matrix_count *to, const struct counted *c)
{
	if (c->state >= 0 && c->state < CELL_STATES)
		to->n[c->state] += c->n;
	to->total += c->n;
	to->one = c->one;
}

static int fill(struct matrix *m, struct labels *rows, struct labels *columns,
		const struct counting *c)
{
	for (size_t i = 0; i < c->n; i++) {
		meet(rows, c->list[i].row);
		meet(columns, c->list[i].column);
	}
	if (place_labels(rows, &m->rows, &m->n_rows) < 0 ||
	    place_labels(columns, &m->columns, &m->n_columns) < 0)
		return -ENOMEM;
	m->cells = calloc((size_t)m->n_rows * m->n_columns + 1, sizeof(*m->cells));
	if (!m->cells)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		const struct label *row = find_label(rows, c->list[i].row),
				   *column = find_label(columns, c->list[i].column);

		add(&m->all, &c->list[i]);
		if (row && column)
			add(&m->cells[row->at * m->n_columns + column->at], &c->list[i]);
	}
	return 0;
}

int matrix_read(struct db *db, enum matrix_axis rows, enum matrix_axis columns,
		const struct filter *filter, struct matrix **ret, struct error *err)
{
	_cleanup_(cleanup_matrix) struct matrix *m = calloc(1, sizeof(*m));
	struct labels of_rows _cleanup_(cleanup_labels) = { 0 };
	struct labels of_columns _cleanup_(cleanup_labels) = { 0 };
	struct counting counted _cleanup_(cleanup_counting) = { 0 };
	int r;

	if (!m)
		return error_set(err, ENOMEM, "out of memory for the matrix");
	m->rows_axis = rows;
	m->columns_axis = columns;
	r = read_labels(db, sources[rows].labels, &of_rows, err);
	if (r >= 0)
		r = read_labels(db, sources[columns].labels, &of_columns, err);
	if (r >= 0)
		r = count(db, m, filter, &counted, err);
	if (r < 0)
		return r;
	if (fill(m, &of_rows, &of_columns, &counted) < 0)
		return error_set(err, ENOMEM, "out of memory for the matrix");
	*ret = take_ptr(m);
	return 0;
}
