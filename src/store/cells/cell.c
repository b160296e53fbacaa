// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells in the database: which are expected, what a result changes, what time changes. */
#include "store/cells/cell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "evidence/known.h"

struct rule {
	int64_t id;
	char *scenario, *claim, *arch, *machine, *from, *before;
};

struct rules {
	struct rule *list;
	size_t n;
};

static void cleanup_rules(struct rules *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		free(rules->list[i].scenario);
		free(rules->list[i].claim);
		free(rules->list[i].arch);
		free(rules->list[i].machine);
		free(rules->list[i].from);
		free(rules->list[i].before);
	}
	free(rules->list);
}

static int read_rules(struct db *db, struct rules *rules, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(
		db, &rows, err,
		"SELECT id,scenario,claim,arch,machine,kernel_from,kernel_before FROM rule"
		" ORDER BY id",
		NULL);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		struct rule *more = reallocarray(rules->list, rules->n + 1, sizeof(*more));

		if (!more)
			return error_set(err, ENOMEM, "out of memory for rules");
		rules->list = more;
		rules->list[rules->n++] = (struct rule){
			.id = rows_int(&rows, 0),
			.scenario = strdup(rows_text(&rows, 1)),
			.claim = strdup(rows_text(&rows, 2)),
			.arch = strdup(rows_text(&rows, 3)),
			.machine = strdup(rows_text(&rows, 4)),
			.from = strdup(rows_text(&rows, 5)),
			.before = strdup(rows_text(&rows, 6)),
		};
	}
	return r;
}

static bool fits(const char *glob, const char *name)
{
	return !glob || !*glob || text_glob(glob, name);
}

static int64_t rule_for(const struct rules *rules, const char *scenario, const char *claim,
			const char *arch, const char *machine, const char *kernel)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *r = &rules->list[i];

		if (fits(r->scenario, scenario) && fits(r->claim, claim) && fits(r->arch, arch) &&
		    fits(r->machine, machine) &&
		    ((!*r->from && !*r->before) || known_is_in_range(kernel, r->from, r->before)))
			return r->id;
	}
	return 0;
}

/* A target that nobody wants, or that a retired machine leaves behind, expects nothing. */
static int add_cells(struct db *db, int64_t target, struct error *err)
{
	int r = db_run(
		db, err,
		"INSERT INTO cell(target,pair,scenario,claim,machine,kernel,is_expected,base,state)"
		" SELECT t.id,p.id,p.scenario,p.claim,t.machine,t.kernel,0,0,0 FROM target t"
		" JOIN pair p ON p.is_current=1 WHERE t.id=?1"
		" ORDER BY p.scenario,p.claim ON CONFLICT(target,pair) DO NOTHING",
		"i", target);

	if (r < 0)
		return r;
	return db_run(
		db, err,
		"UPDATE cell SET is_expected=n.wanted FROM"
		" (SELECT p.id AS pair, CASE WHEN p.is_current=1 AND t.is_wanted=1"
		"   AND m.health<>'retired' THEN 1 ELSE 0 END AS wanted"
		"  FROM target t JOIN machine m ON m.id=t.machine CROSS JOIN pair p WHERE t.id=?1) n"
		" WHERE cell.target=?1 AND cell.pair=n.pair AND cell.is_expected<>n.wanted",
		"i", target);
}

static int apply_rules(struct db *db, int64_t target, const struct rules *rules, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r;

	if (rules->n == 0)
		return db_run(db, err, "UPDATE cell SET rule=0 WHERE target=?1 AND rule<>0", "i",
			      target);
	r = db_select(db, &rows, err,
		      "SELECT c.id,c.rule,s.name,l.name,m.arch,m.name,k.version FROM cell c"
		      " JOIN scenario s ON s.id=c.scenario JOIN claim l ON l.id=c.claim"
		      " JOIN machine m ON m.id=c.machine JOIN kernel k ON k.id=c.kernel"
		      " WHERE c.target=?1",
		      "i", target);
	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		int64_t rule = rule_for(rules, rows_text(&rows, 2), rows_text(&rows, 3),
					rows_text(&rows, 4), rows_text(&rows, 5),
					rows_text(&rows, 6));

		if (rule != rows_int(&rows, 1))
			r = db_run(db, err, "UPDATE cell SET rule=?2 WHERE id=?1", "ii",
				   rows_int(&rows, 0), rule);
	}
	return r;
}

int cell_plan(struct db *db, int64_t target, struct error *err)
{
	struct rules rules _cleanup_(cleanup_rules) = { 0 };
	int r = read_rules(db, &rules, err);

	if (r >= 0)
		r = add_cells(db, target, err);
	if (r >= 0)
		r = apply_rules(db, target, &rules, err);
	return r;
}

int cell_plan_all(struct db *db, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(db, &rows, err, "SELECT id FROM target ORDER BY id", NULL);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		r = cell_plan(db, rows_int(&rows, 0), err);
	return r;
}

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

int cell_refresh(struct db *db, int64_t target, int64_t now, struct error *err)
{
	int64_t stale_days = 60;
	int r = db_number(db, &stale_days, err,
			  "SELECT CAST(value AS INTEGER) FROM setting WHERE key='stale_days'",
			  NULL);

	if (r < 0)
		return r;
	r = db_run(db, err,
		   "UPDATE cell SET state=n.state FROM (SELECT c.id AS id, " STATE " AS state"
		   " FROM cell c JOIN target t ON t.id=c.target JOIN machine m ON m.id=c.machine"
		   " WHERE ?1=0 OR c.target=?1) n WHERE cell.id=n.id AND cell.state<>n.state",
		   "iii", target, now, stale_days * 86400);
	return r < 0 ? r : db_changes(db);
}

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

int cell_add(struct db *db, const struct cell_result *res, struct error *err)
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
		" last_run=?4, last_at=?5, why=CASE WHEN ?4=?6 AND NOT (?2=5 AND ?3 LIKE 'P%') THEN ?7 ELSE why END WHERE id=?1",
		"iisiiis", id, (int64_t)base, recent, run, at, res->run, res->why);
}
