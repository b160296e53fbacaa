// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The door to the database, with whichever is behind it: what db.h promises, in tables of the
 * test's own. What the tracker keeps there is test_store.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "store/db/db.h"
#include "store/db/postgres_text.h"
#include "store/take/bundle.h"
#include "support/tracker_db.h"

struct box {
	char dir[BUNDLE_PATH];
	char *path;
	struct db *db;
	struct error err;
};

static int open_box(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	*state = b;
	if (!b || bundle_make_dir(b->dir, &b->err) < 0)
		return -1;
	b->path = tracker_db_path(b->dir);
	return db_open(b->path, DB_CREATE, &b->db, &b->err) < 0 ? -1 : 0;
}

static int close_box(void **state)
{
	struct box *b = *state;

	db_close(b->db);
	bundle_remove(b->dir);
	free(b->path);
	free(b);
	return 0;
}

static void set(struct box *b, const char *key, const char *value)
{
	assert_int_equal(db_run(b->db, &b->err, "INSERT INTO setting(key,value) VALUES(?2,?1)",
				"ts", value, key),
			 0);
}

static int64_t count(struct db *db)
{
	int64_t n = -1;

	assert_int_equal(db_number(db, &n, NULL, "SELECT count(*) FROM setting", NULL), 1);
	return n;
}

static void values_come_back(void **state)
{
	struct box *b = *state;
	_cleanup_rows_ struct rows rows = { 0 };
	const unsigned char bytes[] = { 0, 1, 255, 0 };
	const void *data;
	size_t len;

	assert_int_equal(db_select(b->db, &rows, &b->err,
				   "SELECT ?1,?2,?3,?4,?5,1=1,1=2,?1+1,coalesce(?4,'none')",
				   "isbsi", INT64_MIN + 1, "gr\xc3\xbc\xc3\x9f '?7' $1", bytes,
				   sizeof(bytes), NULL, (int64_t)-1),
			 0);
	assert_int_equal(rows_next(&rows, &b->err), 1);
	assert_true(rows_int(&rows, 0) == INT64_MIN + 1);
	assert_string_equal(rows_text(&rows, 1), "gr\xc3\xbc\xc3\x9f '?7' $1");
	data = rows_blob(&rows, 2, &len);
	assert_int_equal(len, sizeof(bytes));
	assert_memory_equal(data, bytes, sizeof(bytes));
	assert_true(rows_is_null(&rows, 3) && !rows_is_null(&rows, 1));
	assert_string_equal(rows_text(&rows, 3), "");
	assert_string_equal(rows_text(&rows, 4), "-1"); /* a number as a text */
	assert_int_equal(rows_int(&rows, 5), 1);
	assert_int_equal(rows_int(&rows, 6), 0);
	assert_true(rows_int(&rows, 7) == INT64_MIN + 2);
	assert_string_equal(rows_text(&rows, 8), "none");
	assert_int_equal(rows_int(&rows, 99), 0);
	assert_int_equal(rows_next(&rows, &b->err), 0);
}

static void texts_are_ordered_by_their_bytes(void **state)
{
	static const char *const words[] = { "B", "a", "b", "_", "-", "\xc3\xa4", "Z" };
	struct box *b = *state;
	_cleanup_rows_ struct rows rows = { 0 };
	char all[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		set(b, words[i], "x");
	assert_int_equal(
		db_select(b->db, &rows, &b->err, "SELECT key FROM setting ORDER BY key", NULL), 0);
	while (rows_next(&rows, &b->err) == 1)
		strcat(all, rows_text(&rows, 0));
	assert_string_equal(all, "-BZ_ab\xc3\xa4");
}

static void reads_may_be_nested(void **state)
{
	struct box *b = *state;
	_cleanup_rows_ struct rows rows = { 0 };
	const char *sql = "SELECT key FROM setting ORDER BY key";
	int n = 0;

	for (int i = 0; i < 20; i++) {
		_cleanup_free_ char *key = text_printf("k%02d", i);

		set(b, key, "x");
	}
	assert_int_equal(db_select(b->db, &rows, &b->err, sql, NULL), 0);
	while (rows_next(&rows, &b->err) == 1) {
		_cleanup_rows_ struct rows inner = { 0 };

		assert_int_equal(db_select(b->db, &inner, &b->err, sql, NULL), 0);
		assert_int_equal(rows_next(&inner, &b->err), 1);
		assert_string_equal(rows_text(&inner, 0), "k00");
		assert_int_equal(db_run(b->db, &b->err,
					"INSERT INTO audit(at,who,what,detail)"
					" VALUES(1,?1,'','')",
					"s", rows_text(&rows, 0)),
				 0);
		assert_int_equal(db_changes(b->db), 1);
		n++;
	}
	assert_int_equal(n, 20);
}

static void streams_may_end_early(void **state)
{
	struct box *b = *state;
	const char *sql = "SELECT a.key FROM setting a CROSS JOIN setting b CROSS JOIN setting c";

	for (int i = 0; i < 30; i++) {
		_cleanup_free_ char *key = text_printf("k%02d", i);

		set(b, key, "x");
	}
	for (int wanted = 0; wanted < 3; wanted++) {
		_cleanup_rows_ struct rows rows = { 0 };
		int n = 0;

		assert_int_equal(db_begin_read(b->db, &b->err), 0);
		assert_int_equal(db_stream(b->db, &rows, &b->err, sql, NULL), 0);
		while (n < (wanted < 2 ? wanted * 100 : 30000) && rows_next(&rows, &b->err) == 1)
			n++;
		assert_int_equal(n, wanted < 2 ? wanted * 100 : 27000);
		rows_close(&rows);
		db_rollback(b->db);
		assert_int_equal(count(b->db), 30);
	}
}

static void transactions_are_whole(void **state)
{
	struct box *b = *state;
	_cleanup_(cleanup_db) struct db *other = NULL;
	int64_t before = 0, after = 0;

	assert_int_equal(db_open(b->path, DB_READ, &other, &b->err), 0);
	assert_int_equal(db_version(other, &before), 1);
	assert_int_equal(db_begin(b->db, &b->err), 0);
	set(b, "a", "1");
	assert_int_equal(db_version(other, &after), 1);
	assert_true(before == after);
	assert_int_equal(count(other), 0);
	db_rollback(b->db);
	db_rollback(b->db); /* no-op */
	assert_int_equal(count(b->db), 0);
	assert_int_equal(db_begin(b->db, &b->err), 0);
	set(b, "a", "1");
	assert_int_equal(db_commit(b->db, &b->err), 0);
	assert_int_equal(db_version(other, &after), 1);
	assert_true(before != after);
	assert_int_equal(db_begin_read(other, &b->err), 0);
	assert_int_equal(count(other), 1);
	set(b, "b", "2");
	assert_int_equal(count(other), 1); /* what it saw first */
	db_rollback(other);
	assert_int_equal(count(other), 2);
	assert_int_equal(db_run(other, &b->err, "DELETE FROM setting", NULL), -EROFS);
}

static void errors_have_their_numbers(void **state)
{
	struct box *b = *state;

	set(b, "a", "1");
	assert_int_equal(db_begin(b->db, &b->err), 0);
	assert_int_equal(db_run(b->db, &b->err, "INSERT INTO setting(key,value) VALUES('a','2')",
				NULL),
			 -EEXIST);
	db_rollback(b->db);
	assert_int_equal(db_run(b->db, &b->err, "INSERT INTO pair(scenario,claim) VALUES(7,8)",
				NULL),
			 -EEXIST);
	assert_int_equal(db_run(b->db, &b->err, "no SQL at all", NULL), -EIO);
	assert_int_equal(count(b->db), 1);
	assert_int_equal(db_check(b->db, &b->err), 0);
}

/* More statements than are kept, the same one with other types, and lists of values. */
static void statements_come_and_go(void **state)
{
	struct box *b = *state;
	struct db_value values[DB_VALUES_MAX + 1];
	int64_t n = 0;

	for (int i = 0; i < 600; i++) {
		_cleanup_free_ char *sql = text_printf("SELECT %d+?1", i);

		assert_int_equal(db_number(b->db, &n, &b->err, sql, "i", (int64_t)1), 1);
		assert_int_equal(n, i + 1);
	}
	assert_int_equal(db_number(b->db, &n, &b->err, "SELECT length(?1)", "s", "four"), 1);
	assert_int_equal(
		db_number(b->db, &n, &b->err, "SELECT length(?1)", "b", "four\0", (size_t)5), 1);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		values[i] = i % 2 ? DB_TEXT("v") : DB_TEXT(i ? "k2" : "k1");
	assert_int_equal(db_run_list(b->db, &b->err,
				     "INSERT INTO setting(key,value) VALUES(?1,?2),(?3,?4)", values,
				     4),
			 0);
	assert_int_equal(db_changes(b->db), 2);
	assert_int_equal(db_run_list(b->db, &b->err, "SELECT 1", values, ARRAY_SIZE(values)),
			 -EINVAL);
}

static void words_are_found(void **state)
{
	struct box *b = *state;
	_cleanup_rows_ struct rows rows = { 0 };

	assert_int_equal(db_run(b->db, &b->err,
				"INSERT INTO search(kind,ref,title,body) VALUES"
				"('claim','1','task.leaves-dying-cpu','x86_64: it''s gone'),"
				"('claim','2','other','a task of it leaves')",
				NULL),
			 0);
	_cleanup_free_ char *query = text_printf("%sdying%s%s%sleav%s%s", db_search(b->db)->quote,
						 db_search(b->db)->quote, db_search(b->db)->and,
						 db_search(b->db)->quote, db_search(b->db)->quote,
						 db_search(b->db)->prefix);
	assert_int_equal(db_select(b->db, &rows, &b->err, db_search(b->db)->sql, "sit", NULL,
				   (int64_t)5, query),
			 0);
	assert_int_equal(rows_next(&rows, &b->err), 1);
	assert_string_equal(rows_text(&rows, 1), "1");
	assert_string_equal(rows_text(&rows, 3), "x86_64: it's gone");
	assert_int_equal(rows_next(&rows, &b->err), 0);
}

static void passwords_are_not_shown(void **state)
{
	static const char *const urls[][2] = {
		{ "postgres://h/d", "postgres://h/d" },
		{ "postgres://u@h:5432/d?sslmode=require",
		  "postgres://u@h:5432/d?sslmode=require" },
		{ "postgres://u:secret@h/d", "postgres://u@h/d" },
		{ "postgresql://u:s/e?c@r:et@h/d", "postgresql://u@h/d" },
		{ "postgres:///d?host=/run&password=secret&user=u",
		  "postgres:///d?host=/run&user=u" },
		{ "postgres://u:a@h/d?password=secret@x", "postgres://u@x" },
		{ "file.db", "file.db" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		_cleanup_free_ char *shown = db_shown(urls[i][0]);

		assert_string_equal(shown, urls[i][1]);
	}
}

static void texts_become_postgres(void **state)
{
	static const char *const cases[][2] = {
		{ "SELECT ?1,'?2 user',\"user\",\"?3\" FROM user u WHERE u.user_id=?12",
		  "SELECT $1,'?2 user',\"user\",\"?3\" FROM \"user\" u WHERE u.user_id=$12" },
		{ "SELECT user FROM session", "SELECT \"user\" FROM session" },
	};
	_cleanup_free_ char *schema = postgres_schema(
		"-- a comment\nCREATE TABLE a(id INTEGER PRIMARY KEY, b BLOB, c TEXT "
		"COLLATE NOCASE) STRICT;\nx --sqlite\n--postgres y INTEGER\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *sql = postgres_sql(cases[i][0]);

		assert_string_equal(sql, cases[i][1]);
	}
	assert_string_equal(schema, "\nCREATE TABLE a(id bigint GENERATED BY DEFAULT AS IDENTITY "
				    "PRIMARY KEY, b bytea, c text COLLATE \"C\" ) ;\n\ny bigint\n");
}

static void a_database_that_is_not_there(void **state)
{
	struct box *b = *state;
	struct db *db = NULL;

	assert_true(db_open("postgres://u:secret@127.0.0.1:1/d", DB_WRITE, &db, &b->err) < 0);
	assert_null(strstr(b->err.text, "secret"));
	assert_true(db_open("postgres://u:secret@:x:/d", DB_WRITE, &db, &b->err) < 0);
	assert_null(strstr(b->err.text, "secret"));
	assert_null(db);
}

int main(void)
{
#define WITH_BOX(f) cmocka_unit_test_setup_teardown(f, open_box, close_box)
	const struct CMUnitTest tests[] = {
		WITH_BOX(values_come_back),
		WITH_BOX(texts_are_ordered_by_their_bytes),
		WITH_BOX(reads_may_be_nested),
		WITH_BOX(streams_may_end_early),
		WITH_BOX(transactions_are_whole),
		WITH_BOX(errors_have_their_numbers),
		WITH_BOX(statements_come_and_go),
		WITH_BOX(words_are_found),
		WITH_BOX(a_database_that_is_not_there),
		cmocka_unit_test(passwords_are_not_shown),
		cmocka_unit_test(texts_become_postgres),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
