// SPDX-License-Identifier: GPL-2.0-or-later
/* What all databases share: parameters, single answers, and whom to ask. What asking means is the
 * backends' (backend.h). */
#include "store/db/db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "store/db/backend.h"

#define ARGS_MAX 24 /* parameters of one call with letters */

const char *db_path(const struct db *db)
{
	return db->path;
}

char *db_shown(const char *path)
{
	return postgres_is_url(path) ? postgres_shown(path) : strdup(path);
}

int db_open(const char *path, enum db_mode mode, struct db **ret, struct error *err)
{
	_cleanup_(cleanup_db) struct db *db = calloc(1, sizeof(*db));
	int r;

	if (!db)
		return error_set(err, ENOMEM, "out of memory for the database");
	db->backend = postgres_is_url(path) ? &backend_postgres : &backend_sqlite;
	db->path = db_shown(path);
	if (!db->path)
		return error_set(err, ENOMEM, "out of memory for the database");
	r = db->backend->open(db, path, mode, err);
	if (r >= 0)
		r = db_migrate(db, mode, err);
	if (r < 0)
		return r;
	*ret = take_ptr(db);
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db->backend->close(db);
	free(db->path);
	free(db);
}

/* How many there were; more may be given than a query that was put together asks for. */
static size_t gather(struct db_value values[ARGS_MAX], const char *types, va_list ap)
{
	size_t n = 0;

	for (; types && types[n] && n < ARGS_MAX; n++) {
		struct db_value *v = &values[n];

		*v = (struct db_value){ .type = types[n] };
		if (v->type == 'i') {
			v->number = va_arg(ap, int64_t);
			continue;
		}
		v->data = va_arg(ap, const void *);
		if (v->type == 'b')
			v->len = va_arg(ap, size_t);
	}
	return n;
}

static int ask(struct db *db, struct rows *rows, struct error *err, const char *sql,
	       const char *types, va_list ap)
{
	struct db_value values[ARGS_MAX];
	size_t n = gather(values, types, ap);

	*rows = (struct rows){ .db = db };
	return db->backend->select(db, rows, err, sql, values, n, false);
}

int db_select(struct db *db, struct rows *ret, struct error *err, const char *sql,
	      const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = ask(db, ret, err, sql, types, ap);
	va_end(ap);
	return r;
}

int db_select_list(struct db *db, struct rows *ret, struct error *err, const char *sql,
		   const struct db_value *values, size_t n)
{
	*ret = (struct rows){ .db = db };
	if (n > DB_VALUES_MAX)
		return error_set(err, EINVAL, "too many values for one statement");
	return db->backend->select(db, ret, err, sql, values, n, false);
}

int db_stream(struct db *db, struct rows *ret, struct error *err, const char *sql,
	      const char *types, ...)
{
	struct db_value values[ARGS_MAX];
	va_list ap;
	size_t n;

	va_start(ap, types);
	n = gather(values, types, ap);
	va_end(ap);
	*ret = (struct rows){ .db = db };
	return db->backend->select(db, ret, err, sql, values, n, true);
}

int rows_next(struct rows *rows, struct error *err)
{
	return rows->db->backend->next(rows, err);
}

int64_t rows_int(const struct rows *rows, int column)
{
	return rows->db->backend->get_int(rows, column);
}

const char *rows_text(const struct rows *rows, int column)
{
	const char *text = rows->db->backend->get_text(rows, column);

	return text ? text : "";
}

bool rows_is_null(const struct rows *rows, int column)
{
	return rows->db->backend->is_null(rows, column);
}

const void *rows_blob(const struct rows *rows, int column, size_t *ret_len)
{
	return rows->db->backend->get_blob(rows, column, ret_len);
}

void rows_close(struct rows *rows)
{
	if (rows->of)
		rows->db->backend->close_rows(rows);
	*rows = (struct rows){ 0 };
}

static int run_all(struct rows *rows, struct error *err)
{
	int r;

	while ((r = rows_next(rows, err)) == 1)
		;
	return r;
}

int db_run(struct db *db, struct error *err, const char *sql, const char *types, ...)
{
	_cleanup_rows_ struct rows rows = { 0 };
	va_list ap;
	int r;

	va_start(ap, types);
	r = ask(db, &rows, err, sql, types, ap);
	va_end(ap);
	return r < 0 ? r : run_all(&rows, err);
}

int db_run_list(struct db *db, struct error *err, const char *sql, const struct db_value *values,
		size_t n)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select_list(db, &rows, err, sql, values, n);

	return r < 0 ? r : run_all(&rows, err);
}

int db_number(struct db *db, int64_t *ret, struct error *err, const char *sql, const char *types,
	      ...)
{
	_cleanup_rows_ struct rows rows = { 0 };
	va_list ap;
	int r;

	va_start(ap, types);
	r = ask(db, &rows, err, sql, types, ap);
	va_end(ap);
	if (r >= 0)
		r = rows_next(&rows, err);
	if (r == 1)
		*ret = rows_int(&rows, 0);
	return r;
}

int db_text(struct db *db, char **ret, struct error *err, const char *sql, const char *types, ...)
{
	_cleanup_rows_ struct rows rows = { 0 };
	va_list ap;
	char *text;
	int r;

	va_start(ap, types);
	r = ask(db, &rows, err, sql, types, ap);
	va_end(ap);
	if (r >= 0)
		r = rows_next(&rows, err);
	if (r != 1)
		return r;
	text = strdup(rows_text(&rows, 0));
	if (!text)
		return error_set(err, ENOMEM, "out of memory for an answer of the database");
	*ret = text;
	return 1;
}

int db_script(struct db *db, const char *sql, struct error *err)
{
	return db->backend->script(db, sql, err);
}

int db_changes(struct db *db)
{
	return db->backend->changes(db);
}

int db_version(struct db *db, int64_t *ret)
{
	return db->backend->version(db, ret);
}

int db_begin(struct db *db, struct error *err)
{
	return db->backend->begin(db, true, err);
}

int db_begin_read(struct db *db, struct error *err)
{
	return db->backend->begin(db, false, err);
}

int db_commit(struct db *db, struct error *err)
{
	return db->backend->commit(db, err);
}

void db_rollback(struct db *db)
{
	db->backend->rollback(db);
}

const struct db_search *db_search(const struct db *db)
{
	return &db->backend->search;
}

int db_backup(struct db *db, const char *to, struct error *err)
{
	return db->backend->backup(db, to, err);
}

int db_check(struct db *db, struct error *err)
{
	return db->backend->check(db, err);
}
