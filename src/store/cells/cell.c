// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells in the database: what time, machines and rules make of them. What a result changes
 * is ingest_results.c's. */
#include "store/cells/cell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What is shown: rules first, failures never hidden, then what time and machines do. */
#define STATE                                                               \
	"CASE WHEN c.rule<>0 THEN 12"                                       \
	" WHEN c.base IN (2,3,4,5) THEN c.base"                             \
	" WHEN m.health IN ('does-not-boot','maintenance')"                 \
	"  AND (c.base IN (0,9) OR c.last_at < ?2-?3) THEN 11"              \
	" WHEN c.base=0 THEN 0"                                             \
	" WHEN m.every_days>0 AND t.last_at < ?2-m.every_days*86400 THEN 9" \
	" WHEN c.base<>9 AND c.last_at < ?2-?3 THEN 10"                     \
	" ELSE c.base END"

int cell_stamp(struct db *db, int64_t target, struct error *err)
{
	return db_run(db, err, "UPDATE target SET stamp=" CELL_NEXT_STAMP " WHERE id=?1", "i",
		      target);
}

static int stale_after(struct db *db, int64_t *ret, struct error *err)
{
	int64_t days = 60;
	int r = db_number(db, &days, err,
			  "SELECT CAST(value AS INTEGER) FROM setting WHERE key='stale_days'",
			  NULL);

	*ret = days * 86400;
	return r;
}

/* When one of its cells becomes stale, or its machine is missed, if nothing else happens. */
static int set_due(struct db *db, int64_t target, int64_t now, int64_t stale, struct error *err)
{
	return db_run(db, err,
		      "UPDATE target SET due_at=coalesce((SELECT min(d.at) FROM ("
		      " SELECT min(c.last_at)+?3+1 AS at FROM cell c WHERE c.target=?1 AND c.rule=0"
		      "  AND c.base NOT IN (0,2,3,4,5) AND c.last_at>=?2-?3"
		      " UNION ALL SELECT t.last_at+m.every_days*86400+1 FROM target t"
		      "  JOIN machine m ON m.id=t.machine WHERE t.id=?1 AND m.every_days>0"
		      "  AND t.last_at>=?2-m.every_days*86400) d),?4) WHERE id=?1",
		      "iiii", target, now, stale, INT64_MAX);
}

static int refresh_one(struct db *db, int64_t target, int64_t now, int64_t stale, struct error *err)
{
	int changed, r = db_run(db, err,
				"UPDATE cell SET state=n.state,changed=" CELL_NEXT_STAMP
				" FROM (SELECT c.id AS id, " STATE " AS state"
				" FROM cell c JOIN target t ON t.id=c.target"
				" JOIN machine m ON m.id=c.machine"
				" WHERE c.target=?1) n WHERE cell.id=n.id AND cell.state<>n.state",
				"iii", target, now, stale);

	changed = r < 0 ? 0 : db_changes(db);
	if (r >= 0)
		r = set_due(db, target, now, stale, err);
	if (r >= 0 && changed > 0)
		r = cell_stamp(db, target, err);
	return r < 0 ? r : changed;
}

int cell_refresh(struct db *db, int64_t target, int64_t now, struct error *err)
{
	_cleanup_rows_ struct rows due = { 0 };
	int64_t stale = 0;
	int changed = 0, r = stale_after(db, &stale, err);

	if (r < 0 || target)
		return r < 0 ? r : refresh_one(db, target, now, stale, err);
	r = db_select(db, &due, err, "SELECT id FROM target WHERE due_at<=?1 ORDER BY id", "i",
		      now);
	while (r >= 0 && (r = rows_next(&due, err)) == 1) {
		r = refresh_one(db, rows_int(&due, 0), now, stale, err);
		changed += r < 0 ? 0 : r;
	}
	return r < 0 ? r : changed;
}

int cell_seen(struct db *db, int64_t target, int64_t run, int64_t began_at, int64_t now,
	      struct error *err)
{
	int64_t stale = 0, is_due = 0;
	int r = stale_after(db, &stale, err);

	/* A result of today makes the state of its own cell; the others follow only where they were
	 * due, or the machine was missed until now. */
	if (r >= 0)
		r = db_number(db, &is_due, err,
			      "SELECT t.due_at<=?2 OR ?3<?2-?4 OR m.health<>'good' OR"
			      " (m.every_days>0 AND t.last_at<?2-m.every_days*86400)"
			      " FROM target t JOIN machine m ON m.id=t.machine WHERE t.id=?1",
			      "iiii", target, now, began_at, stale);
	if (r >= 0)
		r = db_run(db, err,
			   "UPDATE target SET last_run=?2,last_at=?3,"
			   "due_at=CASE WHEN due_at<?4 THEN due_at ELSE ?4 END"
			   " WHERE id=?1 AND last_at<=?3",
			   "iiii", target, run, began_at, began_at + stale + 1);
	if (r >= 0)
		r = cell_stamp(db, target, err);
	return r < 0 || !is_due ? r : cell_refresh(db, target, now, err);
}
