// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the results of a run make of their cells, many of them with each statement: a database that
 * is a server's answers one as quickly as sixty. What a row of letters means is cell.h's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/record.h"
#include "store/cells/cell.h"
#include "store/take/catalog.h"
#include "store/take/ingest_internal.h"

/* Rows of one statement. It is padded with rows of nothing, so that one text of it is prepared. */
#define AT_ONCE 64

/* A result, the cell that it is of, and what becomes of it. */
struct taken {
	const char *scenario, *claim;
	char letter;
	char why[LIMITS_WHY];
	int64_t expected, exercised;

	int64_t cell, last_at, rule, since_run;
	char had[CELL_RECENT + 1];

	enum cell_state base;
	char recent[CELL_RECENT + 2];
	int64_t newest_run, newest_at;
};

struct take {
	struct ingest *in;
	int64_t target, machine, kernel, run, stamp;
	struct taken list[AT_ONCE];
	size_t n;
	struct db_value values[DB_VALUES_MAX];
};

/* BEFORE(?2,?3),(?4,?5)...AFTER, of so many columns; the first parameter is what all share. */
static char *statement(const char *before, int columns, const char *after)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(before, out);
	for (int i = 0; i < AT_ONCE * columns; i++)
		fprintf(out, "%s?%d%s",
			i == 0             ? "("
			: i % columns == 0 ? ",("
					   : ",",
			i + 2, i % columns == columns - 1 ? ")" : "");
	fputs(after, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int out_of_memory(struct error *err)
{
	return error_set(err, ENOMEM, "out of memory for results");
}

/* A text is cut between two characters: half of one is no text to PostgreSQL. */
static void copy_why(char to[LIMITS_WHY], const char *from)
{
	size_t len = strnlen(from, LIMITS_WHY);

	if (len == LIMITS_WHY)
		for (len--; len > 0 && ((unsigned char)from[len] & 0xc0) == 0x80;)
			len--;
	memcpy(to, from, len);
	to[len] = '\0';
}

static void fill(struct taken *r, const json_t *one)
{
	*r = (struct taken){ .scenario = record_get_str(one, "scenario"),
			     .claim = record_get_str(one, "claim"),
			     .letter = cell_letter(record_get_str(one, "verdict"),
						   record_get_str(one, "kind"),
						   json_is_object(json_object_get(one, "known"))),
			     .expected = record_get_int(one, "expected"),
			     .exercised = record_get_int(one, "exercised") };
	copy_why(r->why, record_get_str(one, "why"));
}

static int keep_cell(struct take *t, const struct rows *rows)
{
	size_t i = (size_t)rows_int(rows, 0);
	struct taken *r = &t->list[i];

	if (i >= t->n || rows_is_null(rows, 1))
		return 0;
	r->cell = rows_int(rows, 1);
	r->last_at = rows_int(rows, 2);
	snprintf(r->had, sizeof(r->had), "%s", rows_text(rows, 3));
	r->rule = rows_int(rows, 4);
	r->since_run = rows_int(rows, 5);
	return 0;
}

static int find_cells(struct take *t, struct error *err)
{
	_cleanup_free_ char *sql =
		statement("SELECT n.place,c.id,c.last_at,c.recent,c.rule,c.since_run FROM"
			  " (SELECT v.column1 AS place,(SELECT p.id FROM pair p WHERE p.scenario="
			  "(SELECT s.id FROM scenario s WHERE s.name=v.column2) AND p.claim="
			  "(SELECT l.id FROM claim l WHERE l.name=v.column3)) AS pair FROM (VALUES",
			  3, ") v) n CROSS JOIN cell c WHERE c.target=?1 AND c.pair=n.pair");
	_cleanup_rows_ struct rows rows = { 0 };
	size_t n = 0;
	int r;

	if (!sql)
		return out_of_memory(err);
	t->values[n++] = DB_INT(t->target);
	for (size_t i = 0; i < AT_ONCE; i++) {
		t->values[n++] = DB_INT((int64_t)i);
		t->values[n++] = DB_TEXT(i < t->n ? t->list[i].scenario : NULL);
		t->values[n++] = DB_TEXT(i < t->n ? t->list[i].claim : NULL);
	}
	r = db_select_list(t->in->db, &rows, err, sql, t->values, n);
	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		r = keep_cell(t, &rows);
	return r;
}

/* Something that the catalogue does not pair, or did not when the target was planned. */
static int make_cell(struct take *t, struct taken *r, struct error *err)
{
	const json_t *doc = t->in->record ? t->in->record->catalog : NULL;
	struct db *db = t->in->db;
	int64_t scenario, claim, pair;
	int e = catalog_scenario(db, r->scenario, doc, &scenario, err);

	if (e >= 0)
		e = catalog_claim(db, r->claim, doc, &claim, err);
	if (e >= 0)
		e = catalog_pair(db, scenario, claim, &pair, err);
	if (e < 0)
		return e;
	return db_number(
		db, &r->cell, err,
		"INSERT INTO cell(target,pair,scenario,claim,machine,kernel,is_expected,base,state)"
		" VALUES(?1,?2,?3,?4,?5,?6,0,0,0) RETURNING id",
		"iiiiii", t->target, pair, scenario, claim, t->machine, t->kernel);
}

static int make_missing(struct take *t, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < t->n; i++)
		if (!t->list[i].cell)
			r = make_cell(t, &t->list[i], err);
	return r;
}

static int put_results(struct take *t, struct error *err)
{
	_cleanup_free_ char *sql =
		statement("INSERT INTO result(cell,run,verdict,expected,exercised,why) SELECT"
			  " v.column1,?1,v.column2,v.column3,v.column4,v.column5 FROM (VALUES",
			  5, ") v WHERE v.column1<>0");
	char letters[AT_ONCE][2] = { 0 };
	size_t n = 0;

	if (!sql)
		return out_of_memory(err);
	t->values[n++] = DB_INT(t->run);
	for (size_t i = 0; i < AT_ONCE; i++) {
		const struct taken *r = i < t->n ? &t->list[i] : &(struct taken){ 0 };

		letters[i][0] = r->letter;
		t->values[n++] = DB_INT(r->cell);
		t->values[n++] = DB_TEXT(letters[i]);
		t->values[n++] = DB_INT(r->expected);
		t->values[n++] = DB_INT(r->exercised);
		t->values[n++] = DB_TEXT(r->cell && r->letter != 'P' ? r->why : NULL);
	}
	return db_run_list(t->in->db, err, sql, t->values, n);
}

static struct taken *find_taken(struct take *t, int64_t cell)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].cell == cell)
			return &t->list[i];
	return NULL;
}

static void keep_letter(struct take *t, const struct rows *rows)
{
	struct taken *r = find_taken(t, rows_int(rows, 0));
	size_t len = r ? strlen(r->recent) : 0;

	if (!r || len >= CELL_RECENT)
		return;
	if (len == 0) {
		r->newest_run = rows_int(rows, 2);
		r->newest_at = rows_int(rows, 3);
	}
	r->recent[len] = *rows_text(rows, 1);
}

/* An older run came later: the letters of those cells are put together anew from the results. */
static int reread(struct take *t, struct error *err)
{
	_cleanup_free_ char *sql = statement(
		"SELECT n.cell,n.verdict,n.run,n.began_at FROM (SELECT r.cell,substr(r.verdict,1,1)"
		" AS verdict,r.run,u.began_at,row_number() OVER (PARTITION BY r.cell"
		" ORDER BY u.began_at DESC,u.id DESC) AS place FROM (VALUES",
		1,
		") v JOIN result r ON r.cell=v.column1 JOIN run u ON u.id=r.run) n"
		" WHERE n.place<=?1 ORDER BY n.cell,n.place");
	_cleanup_rows_ struct rows rows = { 0 };
	size_t n = 0, n_late = 0;
	int r;

	if (!sql)
		return out_of_memory(err);
	t->values[n++] = DB_INT(CELL_RECENT);
	for (size_t i = 0; i < AT_ONCE; i++) {
		bool is_late = i < t->n && t->in->names.began_at < t->list[i].last_at;

		if (is_late)
			memset(t->list[i].recent, 0, sizeof(t->list[i].recent));
		n_late += is_late;
		t->values[n++] = DB_INT(is_late ? t->list[i].cell : 0);
	}
	if (n_late == 0)
		return 0;
	r = db_select_list(t->in->db, &rows, err, sql, t->values, n);
	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		keep_letter(t, &rows);
	return r;
}

static int make_states(struct take *t, struct error *err)
{
	int r;

	for (size_t i = 0; i < t->n; i++) {
		struct taken *one = &t->list[i];
		size_t kept = strnlen(one->had, CELL_RECENT - 1);

		one->newest_run = t->run;
		one->newest_at = t->in->names.began_at;
		one->recent[0] = one->letter;
		memcpy(one->recent + 1, one->had, kept);
		one->recent[1 + kept] = '\0';
	}
	r = reread(t, err);
	for (size_t i = 0; r >= 0 && i < t->n; i++) {
		struct taken *one = &t->list[i];

		one->base = cell_base(one->recent);
		/* The first run of the row of equal results that is going on. */
		if (one->had[0] != one->recent[0] || !one->since_run)
			one->since_run = one->newest_run;
	}
	return r;
}

/* What passes and fails keeps what it said when it failed. */
static bool says_why(const struct take *t, const struct taken *r)
{
	return r->newest_run == t->run && !(r->base == CELL_FLAKY && r->recent[0] == 'P');
}

static int set_cells(struct take *t, struct error *err)
{
	_cleanup_free_ char *sql = statement(
		"UPDATE cell SET base=n.column2,state=n.column3,"
		"changed=CASE WHEN cell.state=n.column3 THEN cell.changed ELSE ?1 END,"
		"recent=n.column4,since_run=n.column5,last_run=n.column6,last_at=n.column7,"
		"why=coalesce(n.column8,cell.why) FROM (VALUES",
		8, ") n WHERE cell.id=n.column1");
	size_t n = 0;

	if (!sql)
		return out_of_memory(err);
	t->values[n++] = DB_INT(t->stamp);
	for (size_t i = 0; i < AT_ONCE; i++) {
		const struct taken *r = i < t->n ? &t->list[i] : &(struct taken){ 0 };

		t->values[n++] = DB_INT(r->cell);
		t->values[n++] = DB_INT(r->base);
		t->values[n++] = DB_INT(r->rule ? CELL_NOT_APPLICABLE : r->base);
		t->values[n++] = DB_TEXT(r->cell ? r->recent : NULL);
		t->values[n++] = DB_INT(r->since_run);
		t->values[n++] = DB_INT(r->newest_run);
		t->values[n++] = DB_INT(r->newest_at);
		t->values[n++] = DB_TEXT(r->cell && says_why(t, r) ? r->why : NULL);
	}
	return db_run_list(t->in->db, err, sql, t->values, n);
}

static int take_some(struct take *t, struct error *err)
{
	int r = t->n ? find_cells(t, err) : 0;

	if (r >= 0)
		r = make_missing(t, err);
	if (r >= 0 && t->n)
		r = put_results(t, err);
	if (r >= 0)
		r = make_states(t, err);
	if (r >= 0 && t->n)
		r = set_cells(t, err);
	t->n = 0;
	return r;
}

static int begin(struct take *t, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(t->in->db, &rows, err,
			  "SELECT machine,kernel," CELL_NEXT_STAMP " FROM target WHERE id=?1", "i",
			  t->target);

	if (r >= 0)
		r = rows_next(&rows, err);
	if (r == 1) {
		t->machine = rows_int(&rows, 0);
		t->kernel = rows_int(&rows, 1);
		t->stamp = rows_int(&rows, 2);
	}
	return r;
}

int ingest_results(struct ingest *in, int64_t target, int64_t run, struct ingest_done *done,
		   struct error *err)
{
	_cleanup_free_ struct take *t = calloc(1, sizeof(*t));
	json_t *one;
	size_t i;
	int r;

	if (!t)
		return out_of_memory(err);
	t->in = in;
	t->target = target;
	t->run = run;
	r = begin(t, err);
	json_array_foreach(json_object_get(in->results, "results"), i, one) {
		struct taken *taken = &t->list[t->n++];

		fill(taken, one);
		done->results++;
		done->passed += taken->letter == 'P';
		done->failed += strchr("FCT", taken->letter) != NULL;
		if (r >= 0 && t->n == AT_ONCE)
			r = take_some(t, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : take_some(t, err);
}
