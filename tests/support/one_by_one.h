// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a result makes of its cell, one result and one small statement at a time: how the tracker
 * took runs in before it took many at once (store/take/ingest_results.c), which must do the same.
 * Only for comparing; no product has it.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "store/cells/cell.h"

struct cell_result {
	int64_t target, scenario, claim, pair, machine, kernel, run;
	int64_t began_at;
	char letter;
	const char *why;
	int64_t expected, exercised;
};

static int find_cell(struct db *db, const struct cell_result *res, int64_t *ret, int64_t *ret_at,
		     char *recent, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(db, &rows, err,
			  "SELECT id,last_at,recent FROM cell WHERE target=?1 AND pair=?2", "ii",
			  res->target, res->pair);

	if (r >= 0)
		r = rows_next(&rows, err);
	if (r == 1) {
		*ret = rows_int(&rows, 0);
		*ret_at = rows_int(&rows, 1);
		snprintf(recent, CELL_RECENT + 1, "%s", rows_text(&rows, 2));
	}
	if (r != 0)
		return r < 0 ? r : 0;
	recent[0] = '\0';
	*ret_at = 0;
	return db_number(
		db, ret, err,
		"INSERT INTO cell(target,pair,scenario,claim,machine,kernel,is_expected,base,state)"
		" VALUES(?1,?2,?3,?4,?5,?6,0,0,0) RETURNING id",
		"iiiiii", res->target, res->pair, res->scenario, res->claim, res->machine,
		res->kernel);
}

/* An older run came later: the letters are put together anew from the results. */
static int reread(struct db *db, int64_t cell, char *recent, int64_t *ret_run, int64_t *ret_at,
		  struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	size_t n = 0;
	int r = db_select(db, &rows, err,
			  "SELECT substr(r.verdict,1,1),r.run,u.began_at FROM result r"
			  " JOIN run u ON u.id=r.run WHERE r.cell=?1"
			  " ORDER BY u.began_at DESC, u.id DESC LIMIT 16",
			  "i", cell);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		if (n == 0) {
			*ret_run = rows_int(&rows, 1);
			*ret_at = rows_int(&rows, 2);
		}
		recent[n++] = *rows_text(&rows, 0);
	}
	recent[n] = '\0';
	return r;
}

static int cell_add(struct db *db, const struct cell_result *res, struct error *err)
{
	char had[CELL_RECENT + 1], recent[CELL_RECENT + 2];
	int64_t id = 0, last_at = 0, run = res->run, at = res->began_at;
	enum cell_state base;
	int r = find_cell(db, res, &id, &last_at, had, err);

	if (r >= 0)
		r = db_run(db, err,
			   "INSERT INTO result(cell,run,verdict,expected,exercised,why)"
			   " VALUES(?1,?2,?3,?4,?5,?6)",
			   "iisiis", id, res->run, (char[]){ res->letter, '\0' }, res->expected,
			   res->exercised, res->letter == 'P' ? NULL : res->why);
	if (r < 0)
		return r;
	snprintf(recent, sizeof(recent), "%c%.*s", res->letter, CELL_RECENT - 1, had);
	if (res->began_at < last_at)
		r = reread(db, id, recent, &run, &at, err);
	if (r < 0)
		return r;
	base = cell_base(recent);
	/* since_run: the first run of the row of equal results that is going on. What passes and
	 * fails keeps what it said when it failed. */
	return db_run(
		db, err,
		"UPDATE cell SET since_run=CASE WHEN substr(recent,1,1)=substr(?3,1,1)"
		" AND since_run<>0 THEN since_run ELSE ?4 END,"
		" recent=?3, base=?2, state=CASE WHEN rule<>0 THEN 12 ELSE ?2 END,"
		" changed=CASE WHEN state=CASE WHEN rule<>0 THEN 12 ELSE ?2 END THEN changed"
		" ELSE " CELL_NEXT_STAMP " END,"
		" last_run=?4, last_at=?5, why=CASE WHEN ?4=?6 AND NOT (?2=5 AND ?3 LIKE 'P%') THEN ?7 ELSE why END WHERE id=?1",
		"iisiiis", id, (int64_t)base, recent, run, at, res->run, res->why);
}
