// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a kind of database must be able to do. Only the files of this folder know it; what is said
 * of the functions of db.h holds for these.
 */
#pragma once

#include "store/db/db.h"

#define BACKEND_APPLICATION 1213219922 /* "HPTR": of SQLite's header and PostgreSQL's lock */

struct backend {
	/* Sets db->path and db->of; what is open stays so on failure, db_close() follows. */
	int (*open)(struct db *db, const char *path, enum db_mode mode, struct error *err);
	void (*close)(struct db *db);
	int (*begin)(struct db *db, bool is_write, struct error *err);
	int (*commit)(struct db *db, struct error *err);
	void (*rollback)(struct db *db);
	int (*select)(struct db *db, struct rows *rows, struct error *err, const char *sql,
		      const struct db_value *values, size_t n, bool is_stream);
	int (*next)(struct rows *rows, struct error *err);
	int64_t (*get_int)(const struct rows *rows, int column);
	const char *(*get_text)(const struct rows *rows, int column); /* NULL: null */
	const void *(*get_blob)(const struct rows *rows, int column, size_t *ret_len);
	bool (*is_null)(const struct rows *rows, int column);
	void (*close_rows)(struct rows *rows);
	int (*script)(struct db *db, const char *sql, struct error *err);
	int (*changes)(struct db *db);
	int (*version)(struct db *db, int64_t *ret);
	/* The schema's number: 0 of an empty one. -EUCLEAN: it is another program's. */
	int (*schema)(struct db *db, int64_t *ret, struct error *err);
	/* Within a transaction: a file of sql/ as this database says it, and its number. */
	int (*set_schema)(struct db *db, const char *text, int64_t number, struct error *err);
	/* Before it is brought to another version; NULL: that cannot go wrong half way. */
	int (*keep_copy)(struct db *db, int64_t version, struct error *err);
	int (*backup)(struct db *db, const char *to, struct error *err);
	int (*check)(struct db *db, struct error *err);
	/* Tables in the order of their making; columns of the table ?1 with their kind, as in
	 * `types` of db_run(). */
	const char *tables, *columns;
	/* After rows came with ids of their own: the next ids are above them. */
	int (*set_ids)(struct db *db, const char *table, struct error *err);
	struct db_search search;
};

extern const struct backend backend_sqlite, backend_postgres;

struct db {
	const struct backend *backend;
	char *path; /* without a password */
	void *of;
};

/* db_migrate.c: brings the schema to this version. */
_must_check_ int db_migrate(struct db *db, enum db_mode mode, struct error *err);

/* postgres_text.c: known without libpq too. */
bool postgres_is_url(const char *path);
char *postgres_shown(const char *url);
