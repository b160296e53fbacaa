// SPDX-License-Identifier: GPL-2.0-or-later
/* Latencies out of the database. They came in with their runs: take/ingest_store.c. */
#include "store/cells/timing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MOST 2000 /* newest runs of one side */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t median(int64_t *list, size_t n)
{
	qsort(list, n, sizeof(*list), by_size);
	return list[n / 2];
}

static const char *query_of(const char *what)
{
	static const struct {
		const char *what, *sql;
	} queries[] = {
		{ "run", "SELECT l.n,l.p50,l.p95,l.max FROM run u JOIN latency l ON l.run=u.id"
			 " WHERE l.verb=?1 AND u.name=?2 LIMIT ?3" },
		{ "kernel",
		  "SELECT l.n,l.p50,l.p95,l.max FROM kernel k JOIN target t ON t.kernel=k.id"
		  " JOIN run u ON u.target=t.id JOIN latency l ON l.run=u.id"
		  " WHERE l.verb=?1 AND k.name=?2 ORDER BY u.began_at DESC LIMIT ?3" },
		{ "machine",
		  "SELECT l.n,l.p50,l.p95,l.max FROM machine m JOIN target t ON t.machine=m.id"
		  " JOIN run u ON u.target=t.id JOIN latency l ON l.run=u.id"
		  " WHERE l.verb=?1 AND m.name=?2 ORDER BY u.began_at DESC LIMIT ?3" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		if (strcmp(queries[i].what, what) == 0)
			return queries[i].sql;
	return NULL;
}

int timing_read(struct db *db, const char *what, const char *name, const char *verb,
		struct timing *ret, struct error *err)
{
	_cleanup_free_ int64_t *p50 = calloc(MOST, sizeof(*p50)), *p95 = calloc(MOST, sizeof(*p95));
	_cleanup_rows_ struct rows rows = { 0 };
	const char *sql = query_of(what);
	size_t n = 0;
	int r;

	*ret = (struct timing){ 0 };
	if (!p50 || !p95 || !sql)
		return error_set(err, sql ? ENOMEM : EINVAL, "cannot compare how long acts took");
	r = db_select(db, &rows, err, sql, "ssi", verb, name, (int64_t)MOST);
	while (r >= 0 && n < MOST && (r = rows_next(&rows, err)) == 1) {
		ret->acts += rows_int(&rows, 0);
		p50[n] = rows_int(&rows, 1);
		p95[n++] = rows_int(&rows, 2);
		if (rows_int(&rows, 3) > ret->max)
			ret->max = rows_int(&rows, 3);
	}
	if (r < 0 || n == 0)
		return r < 0 ? r : 0;
	ret->runs = (int64_t)n;
	ret->p50 = median(p50, n);
	ret->p95 = median(p95, n);
	return 0;
}

int timing_trend(struct db *db, const struct filter *f, int64_t limit, struct rows *ret,
		 struct error *err)
{
	_cleanup_free_ char *sql = text_printf(
		"SELECT u.name,u.began_at,k.name,m.name,u.n_pass,u.n_fail+u.n_crash+u.n_timeout,"
		"u.n_known,u.n_skip+u.n_error,coalesce(a.p50,0),coalesce(a.p95,0),"
		"coalesce(b.p50,0),coalesce(b.p95,0) FROM run u"
		" CROSS JOIN target t CROSS JOIN machine m CROSS JOIN kernel k"
		" LEFT JOIN latency a ON a.run=u.id AND a.verb='offline'"
		" LEFT JOIN latency b ON b.run=u.id AND b.verb='online'"
		" WHERE t.id=u.target AND m.id=t.machine AND k.id=t.kernel%s%s%s%s%s"
		" ORDER BY u.began_at DESC,u.id DESC LIMIT ?10",
		f->machine ? " AND m.name=?4" : "", f->arch ? " AND m.arch=?5" : "",
		f->kernel ? " AND k.name=?7" : "", f->series ? " AND k.series=?8" : "",
		f->options ? " AND t.options=?9" : "");

	if (!sql)
		return error_set(err, ENOMEM, "out of memory for trends");
	return db_select(db, ret, err, sql, FILTER_TYPES "i", FILTER_VALUES(f), limit);
}
