// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads and orders labels. What they are counted for is matrix.c's. */
#include "store/cells/matrix_labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void labels_clear(struct labels *l)
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

int labels_read(struct db *db, const char *sql, struct labels *l, struct error *err)
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

struct label *labels_find(struct labels *l, int64_t id)
{
	struct label key = { .id = id };

	return l->n ? bsearch(&key, l->list, l->n, sizeof(key), by_id) : NULL;
}

int labels_place(struct labels *l, char ***ret, int *ret_n)
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
