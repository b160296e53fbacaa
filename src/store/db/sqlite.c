// SPDX-License-Identifier: GPL-2.0-or-later
/* SQLite, hardened, and its statements. Which tables there are is db_migrate.c's and the others'
 * business. */
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/db/backend.h"
#include "store/db/kept.h"
#include "store/limits.h"

struct sqlite {
	sqlite3 *handle;
	struct kept_table kept;
};

static sqlite3 *handle_of(struct db *db)
{
	return ((struct sqlite *)db->of)->handle;
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
	int code = sqlite3_errcode(handle_of(db));

	return error_set(err, errno_of(code), "the database \"%s\" failed to %s: %s", db->path,
			 doing, sqlite3_errmsg(handle_of(db)));
}

static void forget(void *arg, void *stmt)
{
	(void)arg;
	sqlite3_finalize(stmt);
}

static int make(struct db *db, const char *sql, struct rows *rows, struct error *err)
{
	struct sqlite *s = db->of;
	struct kept *k = kept_find(&s->kept, sql);
	sqlite3_stmt *stmt = NULL;

	if (k && k->stmt)
		rows->of = k->stmt;
	else if (sqlite3_prepare_v3(s->handle, sql, -1, k ? SQLITE_PREPARE_PERSISTENT : 0, &stmt,
				    NULL) != SQLITE_OK)
		return fail(db, err, "understand a query");
	else
		rows->of = stmt;
	if (k) {
		k->stmt = rows->of;
		k->is_used = true;
	}
	rows->kept = k;
	return 0;
}

/* What a file from elsewhere, or a forgotten quote, could do otherwise. */
static int harden(sqlite3 *handle)
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
		if (sqlite3_db_config(handle, settings[i].what, settings[i].value, NULL) !=
		    SQLITE_OK)
			return -EIO;
	sqlite3_busy_timeout(handle, LIMITS_BUSY_MS);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO needs one */
	return 0;
}

static int sqlite_open(struct db *db, const char *path, enum db_mode mode, struct error *err)
{
	const char *pragmas =
		mode == DB_READ ? "PRAGMA query_only=1; PRAGMA cache_size=-3072;" :
				/* FULL: what was answered with success survives a power cut. */
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			"PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=2000;";
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
		    (mode == DB_CREATE ? SQLITE_OPEN_CREATE : 0);
	struct sqlite *s = db->of = calloc(1, sizeof(*s));

	if (!s)
		return error_set(err, ENOMEM, "out of memory for the database \"%s\"", path);
	s->kept.forget = forget;
	if (mode != DB_CREATE && access(path, R_OK | W_OK) < 0)
		return error_set(err, errno, "cannot open the database \"%s\": %s", path,
				 strerror(errno));
	if (sqlite3_open_v2(path, &s->handle, flags, NULL) != SQLITE_OK)
		return s->handle ? fail(db, err, "open")
				 : error_set(err, ENOMEM, "out of memory for \"%s\"", path);
	if (harden(s->handle) < 0 ||
	    sqlite3_exec(s->handle, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, err, "open");
	return 0;
}

static void sqlite_close(struct db *db)
{
	struct sqlite *s = db->of;

	if (!s)
		return;
	kept_clear(&s->kept);
	sqlite3_close_v2(s->handle);
	free(s);
}

static int bind_one(sqlite3_stmt *stmt, int i, const struct db_value *v)
{
	if (v->type == 'i')
		return sqlite3_bind_int64(stmt, i, v->number);
	if (v->type == 'b')
		return sqlite3_bind_blob64(stmt, i, v->data, v->len, SQLITE_STATIC);
	return sqlite3_bind_text(stmt, i, v->data, -1,
				 v->type == 't' ? SQLITE_TRANSIENT : SQLITE_STATIC);
}

static void sqlite_close_rows(struct rows *rows)
{
	if (!rows->kept) {
		sqlite3_finalize(rows->of);
		return;
	}
	sqlite3_reset(rows->of);
	sqlite3_clear_bindings(rows->of);
	rows->kept->is_used = false;
}

static int sqlite_select(struct db *db, struct rows *rows, struct error *err, const char *sql,
			 const struct db_value *values, size_t n, bool is_stream)
{
	int r = make(db, sql, rows, err), wanted;

	(void)is_stream; /* all are */
	if (r < 0)
		return r;
	wanted = sqlite3_bind_parameter_count(rows->of);
	for (size_t i = 0; i < n && (int)i < wanted; i++)
		if (bind_one(rows->of, (int)i + 1, &values[i]) != SQLITE_OK) {
			r = fail(db, err, "take a parameter");
			rows_close(rows);
			return r;
		}
	return 0;
}

static int sqlite_next(struct rows *rows, struct error *err)
{
	switch (sqlite3_step(rows->of)) {
	case SQLITE_ROW: return 1;
	case SQLITE_DONE: return 0;
	default: return fail(rows->db, err, "answer");
	}
}

static int64_t sqlite_int(const struct rows *rows, int column)
{
	return sqlite3_column_int64(rows->of, column);
}

static const char *sqlite_text(const struct rows *rows, int column)
{
	return (const char *)sqlite3_column_text(rows->of, column);
}

static const void *sqlite_blob(const struct rows *rows, int column, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(rows->of, column);

	*ret_len = (size_t)sqlite3_column_bytes(rows->of, column);
	return data;
}

static bool sqlite_is_null(const struct rows *rows, int column)
{
	return sqlite3_column_type(rows->of, column) == SQLITE_NULL;
}

static int sqlite_script(struct db *db, const char *sql, struct error *err)
{
	return sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : fail(db, err, "obey");
}

static int sqlite_changes(struct db *db)
{
	return sqlite3_changes(handle_of(db));
}

static int sqlite_version(struct db *db, int64_t *ret)
{
	return db_number(db, ret, NULL, "PRAGMA data_version", NULL);
}

static int sqlite_begin(struct db *db, bool is_write, struct error *err)
{
	return db_run(db, err, is_write ? "BEGIN IMMEDIATE" : "BEGIN", NULL);
}

static int sqlite_commit(struct db *db, struct error *err)
{
	return db_run(db, err, "COMMIT", NULL);
}

static void sqlite_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(handle_of(db)) && db_run(db, NULL, "ROLLBACK", NULL) < 0)
		return; /* then closing it undoes what was begun */
}

static int sqlite_schema(struct db *db, int64_t *ret, struct error *err)
{
	int64_t application = 0;
	int r = db_number(db, ret, err, "PRAGMA user_version", NULL);

	if (r >= 0)
		r = db_number(db, &application, err, "PRAGMA application_id", NULL);
	if (r >= 0 && *ret > 0 && application != BACKEND_APPLICATION)
		return error_set(err, EUCLEAN, "\"%s\" is a database of another program", db->path);
	return r < 0 ? r : 0;
}

static int sqlite_set_schema(struct db *db, const char *text, int64_t number, struct error *err)
{
	_cleanup_free_ char *mark = text_printf("PRAGMA user_version=%" PRId64
						";PRAGMA application_id=%d",
						number, BACKEND_APPLICATION);
	int r = sqlite_script(db, text, err);

	if (r < 0)
		return r;
	return mark ? sqlite_script(db, mark, err)
		    : error_set(err, ENOMEM, "out of memory for the schema");
}

static int sqlite_backup(struct db *db, const char *to, struct error *err)
{
	if (access(to, F_OK) == 0)
		return error_set(err, EEXIST, "\"%s\" is there already; name a file that is not",
				 to);
	return db_run(db, err, "VACUUM INTO ?1", "s", to);
}

static int sqlite_keep_copy(struct db *db, int64_t version, struct error *err)
{
	_cleanup_free_ char *copy = text_printf("%s.before-%" PRId64, db->path, version + 1);
	int r = copy ? sqlite_backup(db, copy, err) : -ENOMEM;

	return r == -EEXIST ? 0 : r;
}

static int sqlite_check(struct db *db, struct error *err)
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

/* AUTOINCREMENT and INTEGER PRIMARY KEY look at what is there by themselves. */
static int sqlite_set_ids(struct db *db, const char *table, struct error *err)
{
	(void)db, (void)table, (void)err;
	return 0;
}

const struct backend backend_sqlite = {
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.select = sqlite_select,
	.next = sqlite_next,
	.get_int = sqlite_int,
	.get_text = sqlite_text,
	.get_blob = sqlite_blob,
	.is_null = sqlite_is_null,
	.close_rows = sqlite_close_rows,
	.script = sqlite_script,
	.changes = sqlite_changes,
	.version = sqlite_version,
	.schema = sqlite_schema,
	.set_schema = sqlite_set_schema,
	.keep_copy = sqlite_keep_copy,
	.backup = sqlite_backup,
	.check = sqlite_check,
	/* Without those that FTS5 makes for itself. */
	.tables = "SELECT s.name FROM sqlite_schema s JOIN pragma_table_list l ON l.name=s.name"
		  " WHERE s.type='table' AND l.schema='main' AND l.type IN ('table','virtual')"
		  " AND s.name NOT LIKE 'sqlite%' ORDER BY s.rowid",
	.columns = "SELECT name,CASE type WHEN 'INTEGER' THEN 'i' WHEN 'BLOB' THEN 'b' ELSE 's' END"
		   " FROM pragma_table_info(?1) ORDER BY name",
	.set_ids = sqlite_set_ids,
	.search = { .quote = "\"",
		    .and = " ",
		    .or = " OR ",
		    .prefix = "*",
		    .nothing = "\"\"",
		    .sql = "SELECT kind,ref,title,snippet(search,3,'','','…',24) FROM search"
			   " WHERE search MATCH ?3 AND (?1 IS NULL OR kind=?1)"
			   " ORDER BY bm25(search,0,0,4,1) LIMIT ?2",
		    .newest = "SELECT kind,ref,title,snippet(search,3,'','','…',24) FROM search"
			      " WHERE search MATCH ?3 AND (?1 IS NULL OR kind=?1)"
			      " ORDER BY rowid DESC LIMIT ?2" },
};
