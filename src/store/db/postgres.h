// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files about PostgreSQL share and the rest does not see. */
#pragma once

#include "store/db/backend.h"
#include "store/db/kept.h"

/* libpq's PGconn and PGresult. */
struct pg_conn;
struct pg_result;

struct postgres {
	struct pg_conn *conn;
	struct kept_table kept;
	enum db_mode mode;
	bool is_begun;      /* what went away since must not be found again unnoticed */
	bool is_lost;       /* what was prepared is no more */
	unsigned int names; /* of statements, ever made */
	int changes;
	struct rows *stream; /* who reads row by row just now */
};

/* Of a result (NULL: of the connection): what went wrong, as -errno; the result is not freed. */
int postgres_fail(struct db *db, const struct pg_result *result, struct error *err,
		  const char *doing);

/* Finds the server again if it went away while nothing was begun. */
_must_check_ int postgres_wake(struct db *db, struct error *err);

/* Several statements without parameters, in one go. */
_must_check_ int postgres_script(struct db *db, const char *sql, struct error *err);

/* postgres_rows.c */
int postgres_select(struct db *db, struct rows *rows, struct error *err, const char *sql,
		    const struct db_value *values, size_t n, bool is_stream);
int postgres_next(struct rows *rows, struct error *err);
int64_t postgres_int(const struct rows *rows, int column);
const char *postgres_text(const struct rows *rows, int column);
const void *postgres_blob(const struct rows *rows, int column, size_t *ret_len);
bool postgres_is_null(const struct rows *rows, int column);
void postgres_close_rows(struct rows *rows);
void postgres_forget(void *db, void *stmt);
/* Ends who reads row by row: nobody may while a transaction ends. */
void postgres_end_stream(struct db *db);

/* postgres_schema.c */
int postgres_schema_number(struct db *db, int64_t *ret, struct error *err);
int postgres_set_schema(struct db *db, const char *text, int64_t number, struct error *err);
int postgres_check(struct db *db, struct error *err);
int postgres_set_ids(struct db *db, const char *table, struct error *err);
extern const char postgres_tables[], postgres_columns[], postgres_search[],
	postgres_search_newest[];
int postgres_make_schema(struct db *db, enum db_mode mode, struct error *err);
