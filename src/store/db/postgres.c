// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PostgreSQL: connections, transactions, and what its errors mean. Statements and rows are
 * postgres_rows.c's.
 */
#include "store/db/postgres.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/db/postgres_text.h"
#include "store/limits.h"

#define TEXT_OF(number) TEXT_OF_IT(number)
#define TEXT_OF_IT(number) #number

static const struct {
	const char *state; /* how it begins */
	int code;
} codes[] = {
	{ "08", ENOTCONN },   { "57P", ENOTCONN },   { "23", EEXIST },    { "53100", ENOSPC },
	{ "53200", ENOMEM },  { "53300", ENOTCONN }, { "55P03", EBUSY },  { "40", EBUSY },
	{ "25006", EROFS },   { "42501", EROFS },    { "22021", EINVAL }, { "22P05", EINVAL },
	{ "XX001", EUCLEAN }, { "XX002", EUCLEAN },
};

static int errno_of(const char *state)
{
	for (size_t i = 0; state && i < ARRAY_SIZE(codes); i++)
		if (text_starts(state, codes[i].state))
			return codes[i].code;
	return EIO;
}

/* The first line: what follows is about the statement, which nobody asked for. */
static int say(struct db *db, int code, const char *what, struct error *err, const char *doing)
{
	if (text_starts(what, "ERROR:  "))
		what += strlen("ERROR:  ");
	return error_set(err, code, "the database \"%s\" failed to %s: %.*s", db->path, doing,
			 (int)strcspn(what, "\n"), what);
}

int postgres_fail(struct db *db, const PGresult *result, struct error *err, const char *doing)
{
	struct postgres *p = db->of;
	const char *what = result ? PQresultErrorMessage(result) : "";
	int code = result ? errno_of(PQresultErrorField(result, PG_DIAG_SQLSTATE)) : EIO;

	if (PQstatus(p->conn) != CONNECTION_OK)
		code = ENOTCONN;
	return say(db, code, *what ? what : PQerrorMessage(p->conn), err, doing);
}

static int ask(struct db *db, const char *sql, struct error *err, const char *doing)
{
	struct postgres *p = db->of;
	PGresult *result = PQexec(p->conn, sql);
	ExecStatusType status = PQresultStatus(result);
	int r = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
			? 0
			: postgres_fail(db, result, err, doing);

	PQclear(result);
	return r;
}

static void hear_nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

/* What each connection needs, also one that was made again. */
static int greet(struct db *db, struct error *err)
{
	struct postgres *p = db->of;
	const char *encoding = PQparameterStatus(p->conn, "server_encoding");

	if (PQserverVersion(p->conn) < 130000)
		return error_set(err, EPROTO, "\"%s\" is older than PostgreSQL 13", db->path);
	if (!encoding || strcmp(encoding, "UTF8") != 0)
		return error_set(err, EPROTO,
				 "\"%s\" keeps texts as %s; make a database with ENCODING 'UTF8'",
				 db->path, encoding ? encoding : "?");
	PQsetNoticeProcessor(p->conn, hear_nothing, NULL);
	/* Some rows of a large table are found by its index, also by a server that has not counted
	 * the table yet; compiling a query takes longer than any of them. */
	return ask(db,
		   p->mode == DB_READ ? "SET jit=off; SET random_page_cost=1.1;"
					"SET default_transaction_read_only=on"
				      : "SET jit=off; SET random_page_cost=1.1;"
					"SET lock_timeout=" TEXT_OF(LIMITS_BUSY_MS),
		   err, "be set up");
}

/* libpq's own words on a URL that it does not understand would repeat it, with the password. */
static int check_url(struct db *db, const char *url, struct error *err)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	bool is_good = options != NULL;

	PQconninfoFree(options);
	return is_good ? 0
		       : error_set(err, EINVAL,
				   "\"%s\" is no URL of a database: it looks like "
				   "postgres://USER@HOST/DATABASE",
				   db->path);
}

static int connect_to(struct db *db, const char *url, struct error *err)
{
	/* What the URL says itself comes later and counts. */
	static const char *const names[] = { "application_name",
					     "connect_timeout",
					     "tcp_user_timeout",
					     "keepalives_idle",
					     "dbname",
					     "client_encoding",
					     NULL };
	const char *const values[] = { "hotproof-tracker", "10", "30000", "30", url, "UTF8", NULL };
	struct postgres *p = db->of;

	p->conn = PQconnectdbParams(names, values, 1);
	if (!p->conn)
		return error_set(err, ENOMEM, "out of memory for the database");
	if (PQstatus(p->conn) != CONNECTION_OK)
		return error_set(err, ENOTCONN, "cannot reach the database \"%s\": %.*s", db->path,
				 (int)strcspn(PQerrorMessage(p->conn), "\n"),
				 PQerrorMessage(p->conn));
	return greet(db, err);
}

static int postgres_open(struct db *db, const char *url, enum db_mode mode, struct error *err)
{
	struct postgres *p = db->of = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return error_set(err, ENOMEM, "out of memory for the database");
	p->mode = mode;
	p->kept.forget = postgres_forget;
	p->kept.arg = db;
	r = check_url(db, url, err);
	if (r >= 0)
		r = connect_to(db, url, err);
	return r < 0 ? r : postgres_make_schema(db, mode, err);
}

static void postgres_close(struct db *db)
{
	struct postgres *p = db->of;

	if (!p)
		return;
	p->is_lost = true; /* the server forgets by itself */
	kept_clear(&p->kept);
	PQfinish(p->conn);
	free(p);
}

/* A server that was stopped has closed the connection, which nobody has looked at since. */
static bool is_hung_up(struct postgres *p)
{
	struct pollfd fd = { .fd = PQsocket(p->conn), .events = POLLIN };

	if (PQstatus(p->conn) != CONNECTION_OK)
		return true;
	/* Its last words come before the end. */
	for (int i = 0; i < 8 && poll(&fd, 1, 0) > 0; i++)
		if (PQconsumeInput(p->conn) == 0 || PQstatus(p->conn) != CONNECTION_OK)
			return true;
	return false;
}

int postgres_wake(struct db *db, struct error *err)
{
	struct postgres *p = db->of;

	if (p->is_begun || p->stream || !is_hung_up(p))
		return 0;
	p->is_lost = true;
	kept_clear(&p->kept);
	p->is_lost = false;
	PQreset(p->conn);
	if (PQstatus(p->conn) != CONNECTION_OK)
		return error_set(err, ENOTCONN, "cannot reach the database \"%s\": %.*s", db->path,
				 (int)strcspn(PQerrorMessage(p->conn), "\n"),
				 PQerrorMessage(p->conn));
	return greet(db, err);
}

int postgres_script(struct db *db, const char *sql, struct error *err)
{
	_cleanup_free_ char *text = postgres_sql(sql);
	int r = text ? postgres_wake(db, err) : error_set(err, ENOMEM, "out of memory for SQL");

	return r < 0 ? r : ask(db, text, err, "obey");
}

/* Writers stand in line, as they do with SQLite: then none fails half way for what another did,
 * and what each of them sees is what the one before it left. */
static int postgres_begin(struct db *db, bool is_write, struct error *err)
{
	struct postgres *p = db->of;
	int r = postgres_wake(db, err);

	if (r < 0)
		return r;
	r = ask(db,
		is_write ? "BEGIN; SELECT pg_advisory_xact_lock(" TEXT_OF(BACKEND_APPLICATION) ")"
			 : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		err, "begin");
	p->is_begun = true;
	if (r < 0)
		db_rollback(db);
	return r;
}

static int postgres_commit(struct db *db, struct error *err)
{
	struct postgres *p = db->of;
	PGresult *result;
	int r = 0;

	postgres_end_stream(db);
	result = PQexec(p->conn, "COMMIT");
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		r = postgres_fail(db, result, err, "commit");
	else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) /* it says ROLLBACK, and no error */
		r = error_set(err, EIO, "the database \"%s\" took back what had failed", db->path);
	PQclear(result);
	if (r >= 0)
		p->is_begun = false;
	return r;
}

static void postgres_rollback(struct db *db)
{
	struct postgres *p = db->of;

	if (!p->is_begun)
		return;
	postgres_end_stream(db);
	if (PQstatus(p->conn) == CONNECTION_OK && PQtransactionStatus(p->conn) != PQTRANS_IDLE)
		PQclear(PQexec(p->conn, "ROLLBACK"));
	p->is_begun = false;
}

static int postgres_changes(struct db *db)
{
	return ((struct postgres *)db->of)->changes;
}

/*
 * Which transactions are over changes with each commit, and costs no table. It is a text
 * ("750:752:750"), of which the hash is told; what commits elsewhere on the server changes it too.
 */
static int postgres_version(struct db *db, int64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	uint64_t hash = 14695981039346656037u;
	int r = db_text(db, &text, NULL, "SELECT pg_current_snapshot()::text", NULL);

	for (const char *c = text; r == 1 && *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	if (r == 1)
		*ret = (int64_t)(hash >> 1);
	return r;
}

static int postgres_backup(struct db *db, const char *to, struct error *err)
{
	return error_set(err, EOPNOTSUPP,
			 "PostgreSQL copies its databases itself: pg_dump --format=custom "
			 "--file='%s' '%s'; to copy into a file of SQLite: hotproof tracker copy",
			 to, db->path);
}

const struct backend backend_postgres = {
	.open = postgres_open,
	.close = postgres_close,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.select = postgres_select,
	.next = postgres_next,
	.get_int = postgres_int,
	.get_text = postgres_text,
	.get_blob = postgres_blob,
	.is_null = postgres_is_null,
	.close_rows = postgres_close_rows,
	.script = postgres_script,
	.changes = postgres_changes,
	.version = postgres_version,
	.schema = postgres_schema_number,
	.set_schema = postgres_set_schema,
	.backup = postgres_backup,
	.check = postgres_check,
	.tables = postgres_tables,
	.columns = postgres_columns,
	.set_ids = postgres_set_ids,
	.search = { .quote = "'",
		    .and = " & ",
		    .or = " | ",
		    .prefix = ":*",
		    .nothing = "",
		    .sql = postgres_search,
		    .newest = postgres_search_newest },
};
