// SPDX-License-Identifier: GPL-2.0-or-later
/* The queries of list.h. They read only what a page shows. */
#include "store/cells/list.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/*
 * How many rows are wanted stands in the text: PostgreSQL takes an unknown number for a tenth of
 * all, and then plans the query anew each time, which takes longer than answering it. There are few
 * such numbers.
 *
 * CROSS JOIN: in this order, whatever SQLite thinks of it.
 */
#define CELL_COLUMNS                                                                       \
	"SELECT c.id,s.name,l.name,m.name,m.arch,k.name,t.options,c.state,c.recent,c.why," \
	"coalesce((SELECT name FROM run WHERE id=c.last_run),''),c.last_at,"               \
	"coalesce((SELECT reason FROM rule WHERE id=c.rule),''),c.owner,"                  \
	"coalesce((SELECT name FROM run WHERE id=c.since_run),''),l.summary,c.is_expected" \
	" FROM cell c CROSS JOIN scenario s CROSS JOIN claim l CROSS JOIN target t"        \
	" CROSS JOIN machine m CROSS JOIN kernel k WHERE s.id=c.scenario AND l.id=c.claim" \
	" AND t.id=c.target AND m.id=c.machine AND k.id=c.kernel"

int list_cells(struct db *db, const struct filter *filter, int64_t after, int64_t limit,
	       struct rows *ret, struct error *err)
{
	_cleanup_free_ char *where = filter_sql(filter), *sql = NULL;

	if (where)
		sql = text_printf(CELL_COLUMNS " AND c.id>" FILTER_NEXT
					       "%s ORDER BY c.id LIMIT %" PRId64,
				  where, limit);
	if (!sql)
		return error_set(err, ENOMEM, "out of memory for a list of cells");
	return db_select(db, ret, err, sql, FILTER_TYPES "i", FILTER_VALUES(filter), after);
}

int list_cell(struct db *db, int64_t id, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err, CELL_COLUMNS " AND c.id=?1", "i", id);
}

int list_changed(struct db *db, const struct filter *filter, int64_t after, int64_t limit,
		 struct rows *ret, struct error *err)
{
	_cleanup_free_ char *where = filter_sql(filter), *sql = NULL;

	if (where)
		sql = text_printf(CELL_COLUMNS
				  " AND c.changed>" FILTER_NEXT
				  " AND c.target IN (SELECT id FROM target WHERE stamp>" FILTER_NEXT
				  ")%s ORDER BY c.changed DESC,c.id LIMIT %" PRId64,
				  where, limit);
	if (!sql)
		return error_set(err, ENOMEM, "out of memory for a list of cells");
	return db_select(db, ret, err, sql, FILTER_TYPES "i", FILTER_VALUES(filter), after);
}

int list_newest_stamp(struct db *db, int64_t *ret, struct error *err)
{
	return db_number(db, ret, err, "SELECT coalesce(max(stamp),0) FROM target", NULL);
}

int list_elsewhere(struct db *db, int64_t cell, int64_t limit, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err,
			 CELL_COLUMNS " AND c.claim=(SELECT claim FROM cell WHERE id=?1)"
				      " AND c.scenario=(SELECT scenario FROM cell WHERE id=?1)"
				      " AND c.id<>?1 AND c.is_expected=1"
				      " ORDER BY c.machine=(SELECT machine FROM cell WHERE id=?1)"
				      " DESC,k.number DESC,m.name LIMIT ?2",
			 "ii", cell, limit);
}

int list_broken(struct db *db, int64_t limit, struct rows *ret, struct error *err)
{
	/* Chosen first, named then: of many broken cells only those that are shown. */
	return db_select(db, ret, err,
			 CELL_COLUMNS " AND c.id IN (SELECT id FROM cell WHERE state IN (2,3,5)"
				      " AND is_expected=1"
				      " ORDER BY state=5,last_at DESC,id LIMIT ?1)"
				      " ORDER BY c.state=5,c.last_at DESC,c.id",
			 "i", limit);
}

#define RUN_COLUMNS                                                                        \
	"SELECT r.id,r.name,m.name,m.arch,k.name,t.options,r.began_at,r.received_at,"      \
	"r.received_from,r.is_signed,r.format,r.version,r.is_complete,r.stopped,r.n_pass," \
	"r.n_fail,r.n_known,r.n_skip,r.n_error,r.n_timeout,r.n_crash,r.target FROM run r"  \
	" CROSS JOIN target t CROSS JOIN machine m CROSS JOIN kernel k"                    \
	" WHERE t.id=r.target AND m.id=t.machine AND k.id=t.kernel"

int list_runs(struct db *db, const struct filter *f, struct list_run_key before, int64_t limit,
	      struct rows *ret, struct error *err)
{
	_cleanup_free_ char *sql = text_printf(
		"%s AND (?10=0 OR (r.began_at,r.id)<(?10,?11))%s%s%s%s%s"
		" ORDER BY r.began_at DESC,r.id DESC LIMIT %" PRId64,
		RUN_COLUMNS, f->machine ? " AND m.name=?4" : "", f->arch ? " AND m.arch=?5" : "",
		f->kernel ? " AND k.name=?7" : "", f->series ? " AND k.series=?8" : "",
		f->options ? " AND t.options=?9" : "", limit);

	if (!sql)
		return error_set(err, ENOMEM, "out of memory for a list of runs");
	return db_select(db, ret, err, sql, FILTER_TYPES "ii", FILTER_VALUES(f), before.began_at,
			 before.id);
}

int list_new_runs(struct db *db, const struct filter *f, bool is_broken, int64_t after,
		  int64_t limit, struct rows *ret, struct error *err)
{
	_cleanup_free_ char *sql = text_printf(
		"%s AND r.id>?10%s%s%s%s%s%s ORDER BY r.id DESC LIMIT %" PRId64, RUN_COLUMNS,
		f->machine ? " AND m.name=?4" : "", f->arch ? " AND m.arch=?5" : "",
		f->kernel ? " AND k.name=?7" : "", f->series ? " AND k.series=?8" : "",
		f->options ? " AND t.options=?9" : "",
		is_broken ? " AND r.n_fail+r.n_crash+r.n_timeout>0" : "", limit);

	if (!sql)
		return error_set(err, ENOMEM, "out of memory for a list of runs");
	return db_select(db, ret, err, sql, FILTER_TYPES "i", FILTER_VALUES(f), after);
}

int list_newest_run(struct db *db, int64_t *ret, struct error *err)
{
	return db_number(db, ret, err, "SELECT coalesce(max(id),0) FROM run", NULL);
}

int list_run(struct db *db, const char *name, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err, RUN_COLUMNS " AND r.name=?1", "s", name);
}

int list_history(struct db *db, int64_t cell, int64_t limit, struct rows *ret, struct error *err)
{
	return db_select(
		db, ret, err,
		"SELECT u.name,u.began_at,r.verdict,coalesce(r.why,''),r.expected,r.exercised,"
		"u.version FROM result r JOIN run u ON u.id=r.run WHERE r.cell=?1"
		" ORDER BY u.began_at DESC,u.id DESC LIMIT ?2",
		"ii", cell, limit);
}

/* By way of the target's cells: results have no index by run, which would cost each of them. */
int list_results(struct db *db, int64_t target, int64_t run, struct rows *ret, struct error *err)
{
	return db_select(
		db, ret, err,
		"SELECT c.id,s.name,l.name,r.verdict,coalesce(r.why,''),r.expected,r.exercised,"
		"c.recent FROM cell c JOIN result r ON r.cell=c.id AND r.run=?2"
		" JOIN scenario s ON s.id=c.scenario JOIN claim l ON l.id=c.claim"
		" WHERE c.target=?1 ORDER BY s.name,l.name",
		"ii", target, run);
}

int list_all_results(struct db *db, const char *run, struct rows *ret, struct error *err)
{
	return db_stream(
		db, ret, err,
		"SELECT u.name,u.began_at,s.name,l.name,m.name,m.arch,k.name,t.options,r.verdict,"
		"r.expected,r.exercised,coalesce(r.why,'') FROM run u JOIN cell c ON c.target=u.target"
		" JOIN result r ON r.cell=c.id AND r.run=u.id JOIN scenario s ON s.id=c.scenario"
		" JOIN claim l ON l.id=c.claim JOIN target t ON t.id=c.target"
		" JOIN machine m ON m.id=c.machine JOIN kernel k ON k.id=c.kernel"
		" WHERE ?1 IS NULL OR u.name=?1 ORDER BY u.began_at,u.id,s.name,l.name",
		"s", run);
}

int list_names(struct db *db, const char *what, struct rows *ret, struct error *err)
{
	static const struct {
		const char *what, *sql;
	} queries[] = {
		{ "scenario", "SELECT name FROM scenario WHERE is_current=1 ORDER BY name" },
		{ "claim", "SELECT name FROM claim WHERE is_current=1 ORDER BY name" },
		{ "subject", "SELECT DISTINCT subject FROM claim WHERE is_current=1 ORDER BY 1" },
		{ "machine", "SELECT name FROM machine ORDER BY name" },
		{ "arch", "SELECT DISTINCT arch FROM machine WHERE arch<>'' ORDER BY 1" },
		{ "platform",
		  "SELECT DISTINCT platform FROM machine WHERE platform<>'' ORDER BY 1" },
		{ "kernel", "SELECT name FROM kernel ORDER BY number DESC,name" },
		{ "series", "SELECT series FROM kernel GROUP BY series ORDER BY min(number) DESC" },
		{ "options", "SELECT DISTINCT options FROM target ORDER BY 1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		if (strcmp(queries[i].what, what) == 0)
			return db_select(db, ret, err, queries[i].sql, NULL);
	return error_set(err, EINVAL, "there is no list of \"%s\"", what);
}
