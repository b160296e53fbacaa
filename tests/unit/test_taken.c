// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results are taken in many at a time. What comes of it is what came of one at a time, on either
 * kind of database: the old way, over SQLite, is support/one_by_one.h. What is judged and refused
 * is test_store.c's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/prng.h"
#include "store/cells/machine.h"
#include "store/take/catalog.h"
#include "store/take/ingest_internal.h"
#include "support/one_by_one.h"
#include "support/tracker_db.h"

#define RUNS_MADE 60
#define NOW 1795510000

struct box {
	char dir[BUNDLE_PATH];
	struct db *old, *new; /* SQLite one by one, and the one under test */
	char *claims[40], *scenarios[3];
	struct error err;
	struct prng random;
};

static struct db *make_db(struct box *b, char *path)
{
	struct db *db = NULL;

	assert_int_equal(db_open(path, DB_CREATE, &db, &b->err), 0);
	assert_int_equal(catalog_install_built_in(db, &b->err), 0);
	/* Cells that a rule takes away are taken in all the same. */
	assert_int_equal(db_run(db, &b->err, "INSERT INTO rule(claim,reason) VALUES('task.*','no')",
				NULL),
			 0);
	free(path);
	return db;
}

static void read_names(struct box *b, const char *sql, char **to, size_t n)
{
	_cleanup_rows_ struct rows rows = { 0 };

	assert_int_equal(db_select(b->old, &rows, &b->err, sql, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows_next(&rows, &b->err), 1);
		to[i] = strdup(rows_text(&rows, 0));
	}
}

static int open_box(void **state)
{
	struct box *b = *state = calloc(1, sizeof(*b));

	if (!b || bundle_make_dir(b->dir, &b->err) < 0)
		return -1;
	b->old = make_db(b, text_printf("%s/old.db", b->dir));
	b->new = make_db(b, tracker_db_path(b->dir));
	prng_seed(&b->random, 6, "taken");
	read_names(b, "SELECT name FROM claim WHERE is_current=1 ORDER BY id DESC", b->claims, 38);
	read_names(b, "SELECT name FROM scenario WHERE is_current=1 ORDER BY id", b->scenarios, 2);
	b->claims[38] = strdup("task.that-was-made-up");
	b->claims[39] = strdup("new.that-was-made-up");
	b->scenarios[2] = strdup("made.up");
	return 0;
}

static int close_box(void **state)
{
	struct box *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(b->claims); i++)
		free(b->claims[i]);
	for (size_t i = 0; i < ARRAY_SIZE(b->scenarios); i++)
		free(b->scenarios[i]);
	db_close(b->old);
	db_close(b->new);
	bundle_remove(b->dir);
	free(b);
	return 0;
}

static json_t *random_result(struct box *b, int i)
{
	static const struct {
		const char *verdict, *kind;
	} ways[] = { { "pass", "" },  { "pass", "" },      { "pass", "" },
		     { "fail", "" },  { "fail", "" },      { "skip", "unexercised" },
		     { "skip", "" },  { "skip", "limit" }, { "crash", "" },
		     { "error", "" }, { "timeout", "" } };
	size_t way = prng_below(&b->random, ARRAY_SIZE(ways));
	json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "scenario", b->scenarios[i % 3],
				"claim", b->claims[i / 3 % 40], "verdict", ways[way].verdict,
				"kind", ways[way].kind, "expected", i, "exercised", i / 2);

	if (prng_below(&b->random, 3))
		json_object_set_new(one, "why", json_sprintf("why %d \"of\" ü", (int)way));
	if (prng_below(&b->random, 9) == 0)
		json_object_set_new(one, "known", json_object());
	return one;
}

/* Each cell at most once; none, a few, or more than go into one statement. */
static json_t *random_results(struct box *b)
{
	uint64_t share = prng_below(&b->random, 5) * 25;
	json_t *list = json_array();

	for (int i = 0; i < 120; i++)
		if (prng_below(&b->random, 100) < share)
			json_array_append_new(list, random_result(b, i));
	return json_pack("{s:o}", "results", list);
}

/* Their times are not in the order in which they come. */
static void make_run(struct box *b, int number, struct ingest *ret)
{
	struct names *n = &ret->names;

	*ret = (struct ingest){ .results = random_results(b), .format = "test" };
	snprintf(n->run, sizeof(n->run), "run-%d", number);
	snprintf(n->machine, sizeof(n->machine), "box-%d", (int)prng_below(&b->random, 2));
	strcpy(n->arch, "amd64");
	strcpy(n->kernel, "6.12.90");
	strcpy(n->version, "6.12.90");
	n->began_at = NOW - 5000000 + (int64_t)prng_below(&b->random, 2) * 1000000 + number * 20 -
		      (int64_t)prng_below(&b->random, 4) * 30;
	ret->results_text = strdup("{}");
	ret->meta_text = strdup("{}");
	ret->packed.data = strdup("");
}

static void ok(struct box *b, int r)
{
	if (r < 0)
		fail_msg("%s", b->err.text);
}

static void add_one(struct box *b, const json_t *one, struct cell_result *res)
{
	ok(b, catalog_scenario(b->old, record_get_str(one, "scenario"), NULL, &res->scenario,
			       &b->err));
	ok(b, catalog_claim(b->old, record_get_str(one, "claim"), NULL, &res->claim, &b->err));
	ok(b, catalog_pair(b->old, res->scenario, res->claim, &res->pair, &b->err));
	res->why = record_get_str(one, "why");
	res->letter = cell_letter(record_get_str(one, "verdict"), record_get_str(one, "kind"),
				  json_is_object(json_object_get(one, "known")));
	res->expected = record_get_int(one, "expected");
	res->exercised = record_get_int(one, "exercised");
	ok(b, cell_add(b->old, res, &b->err));
}

static void take_one_by_one(struct box *b, const struct ingest *in)
{
	struct cell_result res = { .began_at = in->names.began_at };
	json_t *one;
	size_t i;

	ok(b, db_begin(b->old, &b->err));
	ok(b, machine_target(b->old, &in->names, NOW, &res.target, &b->err));
	ok(b, db_number(b->old, &res.machine, &b->err, "SELECT machine FROM target WHERE id=?1",
			"i", res.target));
	ok(b, db_number(b->old, &res.kernel, &b->err, "SELECT kernel FROM target WHERE id=?1", "i",
			res.target));
	ok(b, db_number(b->old, &res.run, &b->err,
			"INSERT INTO run(name,target,began_at,received_at,received_from,is_signed,"
			"format,version,digest,is_complete,stopped,n_pass,n_fail,n_known,n_skip,"
			"n_error,n_timeout,n_crash) VALUES(?1,?2,?3,?3,'',0,'','',?4,0,'',0,0,0,0,"
			"0,0,0) RETURNING id",
			"siib", in->names.run, res.target, in->names.began_at, "x", (size_t)1));
	json_array_foreach(json_object_get(in->results, "results"), i, one)
		add_one(b, one, &res);
	ok(b, cell_seen(b->old, res.target, res.run, res.began_at, NOW, &b->err));
	ok(b, db_commit(b->old, &b->err));
}

static char *dump(struct box *b, struct db *db, const char *sql, int columns)
{
	_cleanup_rows_ struct rows rows = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ok(b, db_select(db, &rows, &b->err, sql, NULL));
	while (rows_next(&rows, &b->err) == 1)
		for (int i = 0; i < columns; i++)
			fprintf(out, "%s%s", rows_is_null(&rows, i) ? "NULL" : rows_text(&rows, i),
				i == columns - 1 ? "\n" : "|");
	fclose(out);
	return text;
}

static void same(struct box *b, const char *sql, int columns)
{
	_cleanup_free_ char *old = dump(b, b->old, sql, columns),
			    *new = dump(b, b->new, sql, columns);

	assert_true(strlen(old) > 200);
	assert_string_equal(old, new);
}

static void the_same_as_one_by_one(void **state)
{
	struct box *b = *state;
	const struct ingest_from from = { .who = "test", .now = NOW };

	for (int i = 0; i < RUNS_MADE; i++) {
		struct ingest in _cleanup_(ingest_clear) = { 0 };
		struct ingest_done done = { 0 };

		make_run(b, i, &in);
		take_one_by_one(b, &in);
		in.db = b->new;
		in.from = &from;
		ok(b, ingest_store(&in, &done, &b->err));
		assert_true(done.is_new);
		assert_int_equal(done.results,
				 json_array_size(json_object_get(in.results, "results")));
	}
	same(b,
	     "SELECT m.name,s.name,l.name,c.is_expected,c.base,c.state,c.rule,c.recent,c.why,"
	     "c.last_run,c.last_at,c.since_run,c.changed FROM cell c JOIN machine m"
	     " ON m.id=c.machine JOIN scenario s ON s.id=c.scenario JOIN claim l ON l.id=c.claim"
	     " ORDER BY m.name,s.name,l.name",
	     13);
	same(b,
	     "SELECT u.name,s.name,l.name,r.verdict,r.expected,r.exercised,r.why FROM result r"
	     " JOIN run u ON u.id=r.run JOIN cell c ON c.id=r.cell JOIN scenario s"
	     " ON s.id=c.scenario JOIN claim l ON l.id=c.claim ORDER BY u.id,s.name,l.name",
	     7);
	ok(b, db_check(b->new, &b->err));
}

/* Half a character is no text. */
static void a_long_why_is_cut_between_characters(void **state)
{
	struct box *b = *state;
	const struct ingest_from from = { .who = "test", .now = NOW };

	for (int i = 0; i < 2; i++) {
		struct ingest in _cleanup_(ingest_clear) = { 0 };
		struct ingest_done done = { 0 };
		_cleanup_free_ char *why = calloc(1, 1001), *had = NULL;

		for (int k = 0; k < 499; k++)
			strcpy(why + i + 2 * k, "ü");
		memset(why, '-', (size_t)i);
		make_run(b, i, &in);
		json_decref(in.results);
		in.results = json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "results", "scenario",
				       b->scenarios[0], "claim", b->claims[i], "verdict", "fail",
				       "why", why);
		in.db = b->new;
		in.from = &from;
		ok(b, ingest_store(&in, &done, &b->err));
		assert_int_equal(db_text(b->new, &had, &b->err,
					 "SELECT why FROM result WHERE run=?1", "i", done.id),
				 1);
		assert_int_equal(strlen(had), LIMITS_WHY - 2 + i);
		assert_memory_equal(had, why, strlen(had));
	}
}

static void twice_in_a_run_is_refused(void **state)
{
	struct box *b = *state;
	const struct ingest_from from = { .who = "test", .now = NOW };
	struct ingest in _cleanup_(ingest_clear) = { 0 };
	struct ingest_done done = { 0 };
	int64_t n = -1;

	make_run(b, 1, &in);
	json_decref(in.results);
	in.results = json_pack("{s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}]}", "results", "scenario",
			       b->scenarios[0], "claim", b->claims[0], "verdict", "pass",
			       "scenario", b->scenarios[0], "claim", b->claims[0], "verdict",
			       "fail");
	in.db = b->new;
	in.from = &from;
	assert_int_equal(ingest_store(&in, &done, &b->err), -EEXIST);
	assert_int_equal(db_number(b->new, &n, &b->err, "SELECT count(*) FROM run", NULL), 1);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_as_one_by_one, open_box, close_box),
		cmocka_unit_test_setup_teardown(a_long_why_is_cut_between_characters, open_box,
						close_box),
		cmocka_unit_test_setup_teardown(twice_in_a_run_is_refused, open_box, close_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
