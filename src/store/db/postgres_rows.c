// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements, prepared on the server, and their rows in PostgreSQL's binary format: whole, or one
 * by one for those who read many.
 */
#include "store/db/postgres.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db/postgres_text.h"

/* The numbers of types that do not change (catalog/pg_type.dat). */
enum { OF_BOOL = 16, OF_BYTES = 17, OF_INT8 = 20, OF_INT2 = 21, OF_INT4 = 23, OF_TEXT = 25 };

#define NUMBER_SIZE 24

struct statement {
	char name[16];
	char *types;
};

struct answer {
	PGresult *result;
	int at;       /* the row; of a stream always the first */
	char *number; /* numbers as texts, one a column */
	bool is_stream, is_over;
};

static void free_statement(struct statement *s)
{
	if (s)
		free(s->types);
	free(s);
}
CLEANUP_DEFINE(struct statement, statement, free_statement)

void postgres_forget(void *arg, void *stmt)
{
	struct db *db = arg;
	struct postgres *p = db->of;
	struct statement *s = stmt;
	char sql[32];

	/* Where it cannot be said the server keeps it until the connection ends. */
	if (!p->is_lost && !p->stream) {
		snprintf(sql, sizeof(sql), "DEALLOCATE %s", s->name);
		PQclear(PQexec(p->conn, sql));
	}
	free_statement(s);
}

static bool has_types(const struct statement *s, const struct db_value *values, size_t n)
{
	if (strlen(s->types) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s->types[i] != values[i].type)
			return false;
	return true;
}

static struct statement *make_statement(struct postgres *p, const struct db_value *values, size_t n)
{
	struct statement *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->types = calloc(n + 1, 1);
	if (!s->types) {
		free(s);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		s->types[i] = values[i].type;
	snprintf(s->name, sizeof(s->name), "s%u", ++p->names);
	return s;
}

static int prepare(struct db *db, const char *sql, const struct db_value *values, size_t n,
		   struct statement **ret, struct error *err)
{
	struct postgres *p = db->of;
	struct kept *k = kept_find(&p->kept, sql);
	_cleanup_(cleanup_statement) struct statement *s = NULL;
	_cleanup_free_ char *text = NULL;
	Oid types[DB_VALUES_MAX];
	PGresult *result;
	int r = 0;

	if (k && k->stmt && has_types(k->stmt, values, n)) {
		*ret = k->stmt;
		return 0;
	}
	if (k && k->stmt)
		postgres_forget(db, take_ptr(k->stmt));
	s = make_statement(p, values, n);
	text = postgres_sql(sql);
	if (!k || !s || !text)
		return error_set(err, ENOMEM, "out of memory for a query");
	for (size_t i = 0; i < n; i++)
		types[i] = values[i].type == 'i'   ? OF_INT8
			   : values[i].type == 'b' ? OF_BYTES
						   : OF_TEXT;
	result = PQprepare(p->conn, s->name, text, (int)n, types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		r = postgres_fail(db, result, err, "understand a query");
	PQclear(result);
	if (r < 0)
		return r;
	*ret = k->stmt = take_ptr(s);
	return 0;
}

/* Numbers go as eight bytes, in the order of the network. */
struct sent {
	const char *data[DB_VALUES_MAX];
	int lengths[DB_VALUES_MAX], formats[DB_VALUES_MAX];
	uint64_t numbers[DB_VALUES_MAX];
};

static void pack(struct sent *to, const struct db_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct db_value *v = &values[i];

		to->formats[i] = v->type == 'i' || v->type == 'b';
		to->data[i] = v->data;
		to->lengths[i] = (int)v->len;
		if (v->type == 'b' && !v->data && v->len == 0)
			to->data[i] = NULL;
		if (v->type != 'i')
			continue;
		to->numbers[i] = htobe64((uint64_t)v->number);
		to->data[i] = (const char *)&to->numbers[i];
		to->lengths[i] = sizeof(to->numbers[i]);
	}
}

static int begin_stream(struct db *db, struct rows *rows, const struct statement *s,
			const struct sent *sent, size_t n, struct error *err)
{
	struct postgres *p = db->of;
	struct answer *a = rows->of;

	if (!PQsendQueryPrepared(p->conn, s->name, (int)n, sent->data, sent->lengths, sent->formats,
				 1) ||
	    !PQsetSingleRowMode(p->conn))
		return postgres_fail(db, NULL, err, "answer");
	a->is_stream = true;
	p->stream = rows;
	return 0;
}

static int begin_answer(struct db *db, struct rows *rows, const struct statement *s,
			const struct sent *sent, size_t n, struct error *err)
{
	struct postgres *p = db->of;
	struct answer *a = rows->of;
	ExecStatusType status;

	a->result = PQexecPrepared(p->conn, s->name, (int)n, sent->data, sent->lengths,
				   sent->formats, 1);
	a->at = -1;
	status = PQresultStatus(a->result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		return postgres_fail(db, a->result, err, "answer");
	p->changes = atoi(PQcmdTuples(a->result));
	return 0;
}

int postgres_select(struct db *db, struct rows *rows, struct error *err, const char *sql,
		    const struct db_value *values, size_t n, bool is_stream)
{
	struct postgres *p = db->of;
	struct statement *s = NULL;
	struct sent sent;
	int r;

	if (p->stream)
		return error_set(err, EINVAL, "rows are being read on this connection");
	r = postgres_wake(db, err);
	if (r >= 0)
		r = prepare(db, sql, values, n, &s, err);
	if (r < 0)
		return r;
	rows->of = calloc(1, sizeof(struct answer));
	if (!rows->of)
		return error_set(err, ENOMEM, "out of memory for an answer of the database");
	pack(&sent, values, n);
	r = is_stream ? begin_stream(db, rows, s, &sent, n, err)
		      : begin_answer(db, rows, s, &sent, n, err);
	if (r < 0)
		rows_close(rows);
	return r;
}

static int next_of_stream(struct rows *rows, struct error *err)
{
	struct postgres *p = rows->db->of;
	struct answer *a = rows->of;
	int r;

	PQclear(a->result);
	a->result = PQgetResult(p->conn);
	if (PQresultStatus(a->result) == PGRES_SINGLE_TUPLE)
		return 1;
	r = PQresultStatus(a->result) == PGRES_TUPLES_OK
		    ? 0
		    : postgres_fail(rows->db, a->result, err, "answer");
	postgres_end_stream(rows->db);
	return r;
}

int postgres_next(struct rows *rows, struct error *err)
{
	struct answer *a = rows->of;

	if (a->is_over)
		return 0;
	if (a->is_stream)
		return next_of_stream(rows, err);
	return ++a->at < PQntuples(a->result);
}

/* What is still to come is asked for no more, and read away. */
void postgres_end_stream(struct db *db)
{
	struct postgres *p = db->of;
	struct answer *a = p->stream ? p->stream->of : NULL;
	char text[256];
	PGcancel *cancel;
	PGresult *rest;

	if (!a)
		return;
	cancel = PQresultStatus(a->result) == PGRES_SINGLE_TUPLE ? PQgetCancel(p->conn) : NULL;
	if (cancel)
		(void)PQcancel(cancel, text, sizeof(text));
	PQfreeCancel(cancel);
	while ((rest = PQgetResult(p->conn)))
		PQclear(rest);
	a->is_over = true;
	p->stream = NULL;
}

void postgres_close_rows(struct rows *rows)
{
	struct postgres *p = rows->db->of;
	struct answer *a = rows->of;

	if (p->stream && p->stream->of == a)
		postgres_end_stream(rows->db);
	PQclear(a->result);
	free(a->number);
	free(a);
}

static bool has(const struct answer *a, int column)
{
	return column < PQnfields(a->result) && a->at < PQntuples(a->result);
}

bool postgres_is_null(const struct rows *rows, int column)
{
	const struct answer *a = rows->of;

	return !has(a, column) || PQgetisnull(a->result, a->at, column);
}

int64_t postgres_int(const struct rows *rows, int column)
{
	const struct answer *a = rows->of;
	const char *data;
	uint64_t n64;
	uint32_t n32;

	if (postgres_is_null(rows, column))
		return 0;
	data = PQgetvalue(a->result, a->at, column);
	switch (PQftype(a->result, column)) {
	case OF_BOOL: return *data;
	case OF_INT2: return (int16_t)((unsigned char)data[0] << 8 | (unsigned char)data[1]);
	case OF_INT4: memcpy(&n32, data, sizeof(n32)); return (int32_t)be32toh(n32);
	case OF_INT8: memcpy(&n64, data, sizeof(n64)); return (int64_t)be64toh(n64);
	default: return strtoll(data, NULL, 10);
	}
}

/* As SQLite does, a number may be asked for as a text. */
static const char *number_text(const struct rows *rows, struct answer *a, int column)
{
	char *text;

	if (!a->number)
		a->number = calloc((size_t)PQnfields(a->result), NUMBER_SIZE);
	if (!a->number)
		return NULL;
	text = a->number + column * NUMBER_SIZE;
	snprintf(text, NUMBER_SIZE, "%" PRId64, postgres_int(rows, column));
	return text;
}

const char *postgres_text(const struct rows *rows, int column)
{
	struct answer *a = rows->of;

	if (postgres_is_null(rows, column))
		return NULL;
	switch (PQftype(a->result, column)) {
	case OF_BOOL:
	case OF_INT2:
	case OF_INT4:
	case OF_INT8: return number_text(rows, a, column);
	default: return PQgetvalue(a->result, a->at, column);
	}
}

const void *postgres_blob(const struct rows *rows, int column, size_t *ret_len)
{
	const struct answer *a = rows->of;

	*ret_len = 0;
	if (postgres_is_null(rows, column))
		return NULL;
	*ret_len = (size_t)PQgetlength(a->result, a->at, column);
	return PQgetvalue(a->result, a->at, column);
}
