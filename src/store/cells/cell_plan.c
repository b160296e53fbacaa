// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which cells there are and which are expected: pairs of the catalogue on targets, less what a rule
 * takes away. What results and time make of them is cell.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "evidence/known.h"
#include "store/cells/cell.h"

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

/* Not by a conflict: PostgreSQL would use an id up for each cell that is there already.
 * A target that nobody wants, or that a retired machine leaves behind, expects nothing. */
static int add_cells(struct db *db, int64_t target, struct error *err)
{
	int r = db_run(
		db, err,
		"INSERT INTO cell(target,pair,scenario,claim,machine,kernel,is_expected,base,state)"
		" SELECT t.id,p.id,p.scenario,p.claim,t.machine,t.kernel,0,0,0 FROM target t"
		" JOIN pair p ON p.is_current=1 WHERE t.id=?1 AND NOT EXISTS"
		" (SELECT 1 FROM cell c WHERE c.target=t.id AND c.pair=p.id)"
		" ORDER BY p.scenario,p.claim",
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
	if (r >= 0)
		r = db_run(db, err, "UPDATE target SET due_at=0,is_planned=1 WHERE id=?1", "i",
			   target);
	return r < 0 ? r : cell_stamp(db, target, err);
}

int cell_plan_all(struct db *db, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(db, &rows, err, "SELECT id FROM target ORDER BY id", NULL);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		r = cell_plan(db, rows_int(&rows, 0), err);
	return r;
}

int cell_replan_all(struct db *db, struct error *err)
{
	return db_run(db, err, "UPDATE target SET is_planned=0", NULL);
}

/* The rules alone: which cells there are is as it was. */
static int replan(struct db *db, int64_t target, const struct rules *rules, int64_t now,
		  struct error *err)
{
	int r = apply_rules(db, target, rules, err);

	if (r >= 0)
		r = db_run(db, err, "UPDATE target SET is_planned=1 WHERE id=?1", "i", target);
	return r < 0 ? r : cell_refresh(db, target, now, err);
}

int cell_replan_step(struct db *db, int64_t now, struct error *err)
{
	struct rules rules _cleanup_(cleanup_rules) = { 0 };
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	int64_t target = 0, until = wait_monotonic_ns() + CELL_REPLAN_MS * NS_PER_MS;
	bool is_more = true;
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	undo = db;
	r = read_rules(db, &rules, err);
	while (r >= 0 && is_more && wait_monotonic_ns() < until) {
		r = db_number(db, &target, err,
			      "SELECT id FROM target WHERE is_planned=0 ORDER BY id LIMIT 1", NULL);
		is_more = r == 1;
		if (is_more)
			r = replan(db, target, &rules, now, err);
	}
	if (r >= 0)
		r = db_commit(db, err);
	if (r < 0)
		return r;
	undo = NULL;
	return is_more;
}
