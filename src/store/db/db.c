// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite, hardened, and its statements. Which tables there are is db_migrate.c's and the others'
 * business. */
#include "store/db/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/limits.h"

#define KEPT 256 /* a power of two; what does not fit pushes out one that nobody reads from */
#define PROBES 8

struct db_kept {
	char *sql;
	size_t hash;
	sqlite3_stmt *stmt;
	bool is_used;
};

struct db {
	sqlite3 *handle;
	char *path;
	struct db_kept kept[KEPT];
};

const char *db_path(const struct db *db)
{
	return db->path;
}

static int errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_NOMEM: return ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return EBUSY;
	case SQLITE_FULL: return ENOSPC;
	case SQLITE_CONSTRAINT: return EEXIST;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return EUCLEAN;
	case SQLITE_READONLY:
	case SQLITE_PERM: return EROFS;
	case SQLITE_TOOBIG: return EFBIG;
	default: return EIO;
	}
}

static int fail(struct db *db, struct error *err, const char *doing)
{
	int code = sqlite3_errcode(db->handle);

	return error_set(err, errno_of(code), "the database \"%s\" failed to %s: %s", db->path,
			 doing, sqlite3_errmsg(db->handle));
}

static void forget(struct db_kept *k)
{
	sqlite3_finalize(k->stmt);
	free(k->sql);
	*k = (struct db_kept){ 0 };
}

static size_t hash_of(const char *text)
{
	size_t hash = 14695981039346656037u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

/* By its text, since SQL that is put together for a filter has no address of its own. Where it is,
 * or where it can be; NULL: all such places are read from just now. */
static struct db_kept *find_kept(struct db *db, const char *sql)
{
	size_t hash = hash_of(sql);
	struct db_kept *free_one = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct db_kept *k = &db->kept[(hash + i) & (KEPT - 1)];

		if (k->sql && k->hash == hash && strcmp(k->sql, sql) == 0)
			return k->is_used ? NULL : k;
		if (!k->is_used && (!free_one || !k->sql))
			free_one = free_one && !free_one->sql ? free_one : k;
	}
	if (free_one) {
		forget(free_one);
		free_one->hash = hash;
		free_one->sql = strdup(sql);
	}
	return free_one && free_one->sql ? free_one : NULL;
}

static int make(struct db *db, const char *sql, struct rows *rows, struct error *err)
{
	struct db_kept *k = find_kept(db, sql);

	*rows = (struct rows){ .db = db };
	if (k && k->stmt) {
		rows->stmt = k->stmt;
	} else if (sqlite3_prepare_v3(db->handle, sql, -1, k ? SQLITE_PREPARE_PERSISTENT : 0,
				      &rows->stmt, NULL) != SQLITE_OK) {
		return fail(db, err, "understand a query");
	}
	if (k) {
		k->stmt = rows->stmt;
		k->is_used = true;
	}
	rows->kept = k;
	return 0;
}

/* What a file from elsewhere, or a forgotten quote, could do otherwise. */
static int harden(struct db *db)
{
	static const struct {
		int what, value;
	} settings[] = {
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (sqlite3_db_config(db->handle, settings[i].what, settings[i].value, NULL) !=
		    SQLITE_OK)
			return -EIO;
	sqlite3_busy_timeout(db->handle, LIMITS_BUSY_MS);
	sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO needs one */
	return 0;
}

static int prepare_file(struct db *db, enum db_mode mode, struct error *err)
{
	const char *pragmas =
		mode == DB_READ ? "PRAGMA query_only=1; PRAGMA cache_size=-3072;" :
				/* FULL: what was answered with success survives a power cut. */
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			"PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=2000;";

	if (harden(db) < 0 || sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, err, "open");
	return db_migrate(db, mode, err);
}

int db_open(const char *path, enum db_mode mode, struct db **ret, struct error *err)
{
	_cleanup_(cleanup_db) struct db *db = calloc(1, sizeof(*db));
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
		    (mode == DB_CREATE ? SQLITE_OPEN_CREATE : 0);
	int r;

	if (!db || !(db->path = strdup(path)))
		return error_set(err, ENOMEM, "out of memory for the database \"%s\"", path);
	if (mode != DB_CREATE && access(path, R_OK | W_OK) < 0)
		return error_set(err, errno, "cannot open the database \"%s\": %s", path,
				 strerror(errno));
	if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
		return db->handle ? fail(db, err, "open")
				  : error_set(err, ENOMEM, "out of memory for \"%s\"", path);
	r = prepare_file(db, mode, err);
	if (r < 0)
		return r;
	*ret = take_ptr(db);
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < KEPT; i++)
		forget(&db->kept[i]);
	sqlite3_close_v2(db->handle);
	free(db->path);
	free(db);
}

static int bind(struct rows *rows, const char *types, va_list ap)
{
	int r = SQLITE_OK, n = sqlite3_bind_parameter_count(rows->stmt);

	/* More may be given than a query that was put together asks for. */
	for (int i = 1; types && *types && r == SQLITE_OK && i <= n; i++, types++) {
		const void *p;

		if (*types == 'i') {
			r = sqlite3_bind_int64(rows->stmt, i, va_arg(ap, int64_t));
		} else if (*types == 's' || *types == 't') {
			p = va_arg(ap, const char *);
			r = sqlite3_bind_text(rows->stmt, i, p, -1,
					      *types == 't' ? SQLITE_TRANSIENT : SQLITE_STATIC);
		} else {
			p = va_arg(ap, const void *);
			r = sqlite3_bind_blob64(rows->stmt, i, p, va_arg(ap, size_t),
						SQLITE_STATIC);
		}
	}
	return r == SQLITE_OK ? 0 : -EINVAL;
}

static int start(struct db *db, struct rows *rows, struct error *err, const char *sql,
		 const char *types, va_list ap)
{
	int r = make(db, sql, rows, err);

	if (r < 0)
		return r;
	if (bind(rows, types, ap) == 0)
		return 0;
	r = fail(db, err, "take a parameter");
	rows_close(rows);
	return r;
}

int db_select(struct db *db, struct rows *ret, struct error *err, const char *sql,
	      const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = start(db, ret, err, sql, types, ap);
	va_end(ap);
	return r;
}

int rows_next(struct rows *rows, struct error *err)
{
	switch (sqlite3_step(rows->stmt)) {
	case SQLITE_ROW: return 1;
	case SQLITE_DONE: return 0;
	default: return fail(rows->db, err, "answer");
	}
}

int64_t rows_int(const struct rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

const char *rows_text(const struct rows *rows, int column)
{
	const char *text = (const char *)sqlite3_column_text(rows->stmt, column);

	return text ? text : "";
}

bool rows_is_null(const struct rows *rows, int column)
{
	return sqlite3_column_type(rows->stmt, column) == SQLITE_NULL;
}

const void *rows_blob(const struct rows *rows, int column, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(rows->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(rows->stmt, column);
	return data;
}

void rows_close(struct rows *rows)
{
	if (!rows->stmt)
		return;
	if (rows->kept) {
		sqlite3_reset(rows->stmt);
		sqlite3_clear_bindings(rows->stmt);
		rows->kept->is_used = false;
	} else {
		sqlite3_finalize(rows->stmt);
	}
	*rows = (struct rows){ 0 };
}

int db_run(struct db *db, struct error *err, const char *sql, const char *types, ...)
{
	_cleanup_rows_ struct rows rows = { 0 };
	va_list ap;
	int r;

	va_start(ap, types);
	r = start(db, &rows, err, sql, types, ap);
	va_end(ap);
	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		;
	return r;
}

int db_script(struct db *db, const char *sql, struct error *err)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
									    : fail(db, err, "obey");
}

int db_changes(struct db *db)
{
	return sqlite3_changes(db->handle);
}

int db_number(struct db *db, int64_t *ret, struct error *err, const char *sql, const char *types,
	      ...)
{
	_cleanup_rows_ struct rows rows = { 0 };
	va_list ap;
	int r;

	va_start(ap, types);
	r = start(db, &rows, err, sql, types, ap);
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
	r = start(db, &rows, err, sql, types, ap);
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

int db_version(struct db *db, int64_t *ret)
{
	return db_number(db, ret, NULL, "PRAGMA data_version", NULL);
}

int db_begin(struct db *db, struct error *err)
{
	return db_run(db, err, "BEGIN IMMEDIATE", NULL);
}

int db_begin_read(struct db *db, struct error *err)
{
	return db_run(db, err, "BEGIN", NULL);
}

int db_commit(struct db *db, struct error *err)
{
	return db_run(db, err, "COMMIT", NULL);
}

void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle) && db_run(db, NULL, "ROLLBACK", NULL) < 0)
		return; /* then closing it undoes what was begun */
}

int db_backup(struct db *db, const char *to, struct error *err)
{
	if (access(to, F_OK) == 0)
		return error_set(err, EEXIST, "\"%s\" is there already; name a file that is not",
				 to);
	return db_run(db, err, "VACUUM INTO ?1", "s", to);
}

int db_check(struct db *db, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 }, broken = { 0 };
	int r = db_select(db, &rows, err, "PRAGMA integrity_check(1)", NULL);

	if (r >= 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (strcmp(rows_text(&rows, 0), "ok") != 0)
		return error_set(err, EUCLEAN, "the database \"%s\" is damaged: %s", db->path,
				 rows_text(&rows, 0));
	r = db_select(db, &broken, err, "PRAGMA foreign_key_check", NULL);
	if (r >= 0)
		r = rows_next(&broken, err);
	if (r == 1)
		return error_set(err, EUCLEAN,
				 "the database \"%s\" is damaged: a row of \"%s\" refers to a row "
				 "of \"%s\" that is not there",
				 db->path, rows_text(&broken, 0), rows_text(&broken, 2));
	return r;
}
