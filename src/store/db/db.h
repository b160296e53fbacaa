// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one door to the database, which is a file of SQLite or a PostgreSQL: everything that knows
 * which of them is behind it (backend.h). Statements are prepared once a connection and kept. A
 * connection is used by one thread at a time. It knows no table. Which SQL both understand:
 * CONTRIBUTING.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct db;

enum db_mode {
	DB_READ,  /* an existing file of this version */
	DB_WRITE, /* an existing file, which is brought to this version */
	DB_CREATE /* the same, made when it is not there */
};

/*
 * `path`: a file, or a URL that begins with "postgres://" or "postgresql://".
 * -ENOENT: no such file; -EPROTO: it was written by a newer version; -EUCLEAN: damaged, or no
 * database; -ENOTCONN: the server cannot be reached. A copy ("PATH.before-N") is made before an old
 * file is brought to this version.
 */
_must_check_ int db_open(const char *path, enum db_mode mode, struct db **ret, struct error *err);
void db_close(struct db *db);
CLEANUP_DEFINE(struct db, db, db_close)

/* How it is called in what people read: never with a password. */
const char *db_path(const struct db *db);
/* The same of what is not open; owned by the caller, NULL: out of memory. */
char *db_shown(const char *path);

/* A write transaction; it takes the lock at once, so that it cannot fail half way for want of it.
 * After an error nothing of it can be had any more but its rollback. */
_must_check_ int db_begin(struct db *db, struct error *err);
_must_check_ int db_commit(struct db *db, struct error *err);
/* No-op when none is open. */
void db_rollback(struct db *db);
static inline void cleanup_db_rollback(struct db **db)
{
	if (*db)
		db_rollback(*db);
}
/* struct db *undo _cleanup_(cleanup_db_rollback) = db; then take_ptr(undo) once it is committed. */

/* A read transaction: several queries see the same state. */
_must_check_ int db_begin_read(struct db *db, struct error *err);

/*
 * Parameters by `types`, one letter each: i int64_t, s text (NULL: null; it must live as
 * long as the rows are read), t the same, copied, b a pointer and a size_t.
 * Statements are kept by their text, so that a value never belongs into it.
 * -ENOTCONN: the server went away; a connection finds it again by itself when nothing is begun.
 */
_must_check_ int db_run(struct db *db, struct error *err, const char *sql, const char *types, ...);

/* Parameters in a list, for statements that take many rows of them. */
#define DB_VALUES_MAX 640
struct db_value {
	char type; /* one of the letters above */
	int64_t number;
	const void *data; /* NULL: null */
	size_t len;       /* of b; of s it is not looked at */
};
#define DB_INT(v) ((struct db_value){ .type = 'i', .number = (v) })
#define DB_TEXT(v) ((struct db_value){ .type = 's', .data = (v) })
_must_check_ int db_run_list(struct db *db, struct error *err, const char *sql,
			     const struct db_value *values, size_t n);

/* Several statements without parameters. */
_must_check_ int db_script(struct db *db, const char *sql, struct error *err);

/* How many rows the last db_run() changed. */
int db_changes(struct db *db);

/* The first column of the first row: 1, or 0 when there is none (*ret untouched). */
_must_check_ int db_number(struct db *db, int64_t *ret, struct error *err, const char *sql,
			   const char *types, ...);
/* The same for a text, owned by the caller; NULL in the table is "". */
_must_check_ int db_text(struct db *db, char **ret, struct error *err, const char *sql,
			 const char *types, ...);

/* A number that changes whenever another connection, of any process, has committed something. Two
 * connections have different ones. Never within a transaction. */
_must_check_ int db_version(struct db *db, int64_t *ret);

/* Rows one by one. What the columns return lives until the next step. */
struct rows {
	struct db *db;
	void *of; /* the backend's; NULL: there is nothing to close */
	struct kept *kept;
};

_must_check_ int db_select(struct db *db, struct rows *ret, struct error *err, const char *sql,
			   const char *types, ...);
_must_check_ int db_select_list(struct db *db, struct rows *ret, struct error *err, const char *sql,
				const struct db_value *values, size_t n);
/* For many rows: they are never all in memory. Nothing else may be asked of the connection before
 * they are closed. */
_must_check_ int db_stream(struct db *db, struct rows *ret, struct error *err, const char *sql,
			   const char *types, ...);
/* 1: a row; 0: no more; -errno. */
_must_check_ int rows_next(struct rows *rows, struct error *err);
int64_t rows_int(const struct rows *rows, int column);
const char *rows_text(const struct rows *rows, int column); /* never NULL */
bool rows_is_null(const struct rows *rows, int column);
const void *rows_blob(const struct rows *rows, int column, size_t *ret_len);
void rows_close(struct rows *rows);
#define _cleanup_rows_ _cleanup_(rows_close)

/* How words are searched in the table `search`: what the databases do not do alike. */
struct db_search {
	const char *quote, *and, * or, *prefix; /* "word"* AND "word" in its own signs */
	const char *nothing;                    /* a query that finds nothing */
	/* kind, ref, title, excerpt; ?1 kind or null, ?2 at most, ?3 query. Best first, or what
	 * came last first. */
	const char *sql, *newest;
};
const struct db_search *db_search(const struct db *db);

/* A whole copy while others read and write. -EEXIST: `to` is there already; -EOPNOTSUPP: it is
 * made otherwise, and the error says how. */
_must_check_ int db_backup(struct db *db, const char *to, struct error *err);

/* Asks the database and looks at every reference: 0, or -EUCLEAN with what is wrong. */
_must_check_ int db_check(struct db *db, struct error *err);
