// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables are read in the order in which they were made, so that nothing refers to what is not there
 * yet. Each row goes into a sum that does not ask for an order; the sums of both sides must agree.
 */
#include "store/db/db_copy.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/db/backend.h"

#define COLUMNS_MAX 40
#define TOLD_EACH 50000 /* rows */
#define ROWS_AT_ONCE 16 /* of one statement */

struct table {
	char *name;
	char *columns[COLUMNS_MAX], kinds[COLUMNS_MAX];
	size_t n;
};

struct tables {
	struct table *list;
	size_t n;
};

/* Of rows in any order: their hashes, added up. */
struct sum {
	uint64_t parts[2];
	int64_t rows;
};

static void cleanup_tables(struct tables *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->list[i].n; k++)
			free(t->list[i].columns[k]);
		free(t->list[i].name);
	}
	free(t->list);
}

static int out_of_memory(struct error *err)
{
	return error_set(err, ENOMEM, "out of memory for copying");
}

static int read_columns(struct db *db, struct table *t, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(db, &rows, err, db->backend->columns, "s", t->name);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		if (t->n == COLUMNS_MAX)
			return error_set(err, E2BIG, "\"%s\" has too many columns", t->name);
		t->columns[t->n] = strdup(rows_text(&rows, 0));
		t->kinds[t->n] = *rows_text(&rows, 1);
		if (!t->columns[t->n++])
			return out_of_memory(err);
	}
	return r;
}

static int read_tables(struct db *db, struct tables *ret, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(db, &rows, err, db->backend->tables, NULL);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		struct table *more = reallocarray(ret->list, ret->n + 1, sizeof(*more));

		if (!more)
			return out_of_memory(err);
		ret->list = more;
		ret->list[ret->n] = (struct table){ .name = strdup(rows_text(&rows, 0)) };
		if (!ret->list[ret->n++].name)
			return out_of_memory(err);
		r = read_columns(db, &ret->list[ret->n - 1], err);
	}
	return r;
}

/* "SELECT a,b FROM t", or with `n_rows` "INSERT INTO t(a,b) VALUES(?1,?2),(?3,?4)". */
static char *statement(const struct table *t, size_t n_rows)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (n_rows)
		fprintf(out, "INSERT INTO %s(", t->name);
	else
		fputs("SELECT ", out);
	for (size_t i = 0; i < t->n; i++)
		fprintf(out, "%s%s", i ? "," : "", t->columns[i]);
	if (!n_rows)
		fprintf(out, " FROM %s", t->name);
	for (size_t i = 0; i < n_rows * t->n; i++)
		fprintf(out, "%s?%zu%s",
			i == 0          ? ") VALUES("
			: i % t->n == 0 ? ",("
					: ",",
			i + 1, i % t->n == t->n - 1 ? ")" : "");
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* What a column holds, with how long it is: two columns are never taken for one. */
static void add_value(crypto_generichash_state *hash, const struct rows *rows, int i, char kind)
{
	struct {
		int64_t kind, number;
	} head = { .kind = rows_is_null(rows, i) ? 0 : kind };
	const void *data = NULL;
	size_t len = 0;

	if (head.kind == 'i')
		head.number = rows_int(rows, i);
	else if (head.kind == 'b')
		data = rows_blob(rows, i, &len);
	else if (head.kind)
		len = strlen(data = rows_text(rows, i));
	head.number += (int64_t)len;
	crypto_generichash_update(hash, (const unsigned char *)&head, sizeof(head));
	if (len > 0)
		crypto_generichash_update(hash, data, len);
}

static void add_row(struct sum *sum, const struct rows *rows, const struct table *t)
{
	crypto_generichash_state hash;
	uint64_t out[2];

	crypto_generichash_init(&hash, NULL, 0, sizeof(out));
	for (size_t i = 0; i < t->n; i++)
		add_value(&hash, rows, (int)i, t->kinds[i]);
	crypto_generichash_final(&hash, (unsigned char *)out, sizeof(out));
	sum->parts[0] += out[0];
	sum->parts[1] += out[1];
	sum->rows++;
}

/* Rows on their way, with copies of their texts: the next row takes the place of the last one. */
struct batch {
	struct db_value values[ROWS_AT_ONCE * COLUMNS_MAX];
	size_t n, rows;
};

static void forget(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		free((void *)b->values[i].data);
	b->n = b->rows = 0;
}

static void cleanup_batch(struct batch **b)
{
	if (*b)
		forget(*b);
	free(*b);
}

static int keep_row(struct batch *b, const struct rows *rows, const struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct db_value *v = &b->values[b->n++];
		const void *data;

		*v = (struct db_value){ .type = t->kinds[i] };
		if (rows_is_null(rows, (int)i)) {
			/* A number that is null goes as a text that is: the types of a row agree.
			 */
			if (v->type == 'i')
				return -EINVAL;
			continue;
		}
		if (v->type == 'i') {
			v->number = rows_int(rows, (int)i);
			continue;
		}
		data = rows_blob(rows, (int)i, &v->len);
		v->data = calloc(1, v->len + 1);
		if (!v->data)
			return -ENOMEM;
		if (v->len > 0)
			memcpy((void *)v->data, data, v->len);
	}
	b->rows++;
	return 0;
}

static int put_batch(struct db *to, const struct table *t, struct batch *b, struct error *err)
{
	_cleanup_free_ char *sql = NULL;
	int r;

	if (b->rows == 0)
		return 0;
	sql = statement(t, b->rows);
	if (!sql)
		return out_of_memory(err);
	r = db_run_list(to, err, sql, b->values, b->n);
	forget(b);
	return r;
}

static int move_rows(struct db *from, struct db *to, const struct table *t, struct sum *sum,
		     db_copy_told *told, void *arg, struct error *err)
{
	struct batch *b _cleanup_(cleanup_batch) = calloc(1, sizeof(*b));
	_cleanup_rows_ struct rows rows = { 0 };
	_cleanup_free_ char *sql = statement(t, 0);
	int r = b && sql ? db_stream(from, &rows, err, sql, NULL) : out_of_memory(err);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		add_row(sum, &rows, t);
		r = keep_row(b, &rows, t);
		if (r < 0)
			return error_set(err, -r, "a row of \"%s\" cannot be copied", t->name);
		if (b->rows == ROWS_AT_ONCE || (b->rows + 1) * t->n > DB_VALUES_MAX)
			r = put_batch(to, t, b, err);
		if (sum->rows % TOLD_EACH == 0)
			told(arg, t->name, sum->rows, false);
	}
	return r < 0 ? r : put_batch(to, t, b, err);
}

/* What arrived, read again. */
static int compare(struct db *to, const struct table *t, const struct sum *sent, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	_cleanup_free_ char *sql = statement(t, 0);
	struct sum sum = { 0 };
	int r = sql ? db_stream(to, &rows, err, sql, NULL) : out_of_memory(err);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		add_row(&sum, &rows, t);
	if (r >= 0 && memcmp(&sum, sent, sizeof(sum)) != 0)
		return error_set(err, EUCLEAN,
				 "\"%s\" did not arrive as it was sent: %" PRId64
				 " rows of %" PRId64 "%s",
				 t->name, sum.rows, sent->rows,
				 sum.rows == sent->rows ? ", with another digest" : "");
	return r;
}

static int must_be_empty(struct db *to, const struct tables *tables, struct error *err)
{
	for (size_t i = 0; i < tables->n; i++) {
		_cleanup_free_ char *sql =
			text_printf("SELECT 1 FROM %s LIMIT 1", tables->list[i].name);
		int64_t one = 0;
		int r = sql ? db_number(to, &one, err, sql, NULL) : out_of_memory(err);

		if (r < 0)
			return r;
		if (r == 1)
			return error_set(err, EEXIST,
					 "\"%s\" has rows already (in \"%s\"); copy into one that "
					 "is empty, or not there yet",
					 db_path(to), tables->list[i].name);
	}
	return 0;
}

static int copy_table(struct db *from, struct db *to, const struct table *t, db_copy_told *told,
		      void *arg, int64_t *rows, struct error *err)
{
	struct sum sum = { 0 };
	int r = move_rows(from, to, t, &sum, told, arg, err);

	if (r >= 0)
		r = compare(to, t, &sum, err);
	if (r >= 0)
		r = to->backend->set_ids(to, t->name, err);
	if (r < 0)
		return r;
	*rows += sum.rows;
	told(arg, t->name, sum.rows, true);
	return 0;
}

static int copy_all(struct db *from, struct db *to, db_copy_told *told, void *arg, int64_t *rows,
		    struct error *err)
{
	struct tables tables _cleanup_(cleanup_tables) = { 0 };
	int r = read_tables(from, &tables, err);

	if (r >= 0)
		r = must_be_empty(to, &tables, err);
	for (size_t i = 0; r >= 0 && i < tables.n; i++)
		r = copy_table(from, to, &tables.list[i], told, arg, rows, err);
	return r;
}

int db_copy(struct db *from, struct db *to, db_copy_told *told, void *arg, int64_t *ret_rows,
	    struct error *err)
{
	int64_t rows = 0;
	int r = db_begin_read(from, err);

	if (r >= 0)
		r = db_begin(to, err);
	if (r >= 0)
		r = copy_all(from, to, told, arg, &rows, err);
	if (r >= 0)
		r = db_commit(to, err);
	db_rollback(to); /* no-op after the commit */
	db_rollback(from);
	if (r < 0)
		return r;
	*ret_rows = rows;
	return 0;
}
