// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules and wanted targets in the database. What they make of cells is cell_plan.c's. */
#include "store/cells/rule.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "store/cells/cell.h"
#include "store/cells/machine.h"
#include "store/limits.h"

#define COLUMNS                                                                                    \
	"SELECT id,scenario,claim,arch,machine,kernel_from,kernel_before,reason,added_by,added_at" \
	" FROM rule"

int rule_list(struct db *db, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err, COLUMNS " ORDER BY id", NULL);
}

int rule_read(struct db *db, int64_t id, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err, COLUMNS " WHERE id=?1", "i", id);
}

static int check(const struct rule_new *n, struct error *err)
{
	const char *texts[] = { n->scenario, n->claim, n->arch, n->machine, n->from, n->before };
	bool is_any = true;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		is_any = is_any && (!*texts[i] || strcmp(texts[i], "*") == 0);
		if (strlen(texts[i]) > LIMITS_NAME)
			return error_set(err, EINVAL, "a pattern of the rule is too long");
	}
	if (is_any)
		return error_set(err, EINVAL, "this rule would take every cell away");
	if (strlen(n->reason) < 4 || strlen(n->reason) > LIMITS_WHY)
		return error_set(err, EINVAL, "a rule needs a reason that tells others why");
	if ((*n->from && names_kernel_number(n->from) == 0) ||
	    (*n->before && names_kernel_number(n->before) == 0))
		return error_set(err, EINVAL, "a kernel of the rule is no version");
	return 0;
}

/* What was begun and came out as `r`: all of it is there, or nothing. */
static int finish(struct db *db, int r, struct error *err)
{
	if (r >= 0)
		r = db_commit(db, err);
	if (r < 0)
		db_rollback(db);
	return r;
}

static int finish_rule(struct db *db, int r, struct error *err)
{
	if (r >= 0)
		r = cell_replan_all(db, err);
	return finish(db, r, err);
}

int rule_add(struct db *db, const struct rule_new *n, int64_t now, int64_t *ret, struct error *err)
{
	int64_t id = 0;
	int r = check(n, err);

	if (r >= 0)
		r = db_begin(db, err);
	if (r < 0)
		return r;
	r = db_number(db, &id, err,
		      "INSERT INTO rule(scenario,claim,arch,machine,kernel_from,kernel_before,"
		      "reason,added_by,added_at) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) RETURNING id",
		      "ssssssssi", n->scenario, n->claim, n->arch, n->machine, n->from, n->before,
		      n->reason, n->by, now);
	r = finish_rule(db, r, err);
	if (r >= 0)
		*ret = id;
	return r;
}

static const char *either(const char *given, const struct rows *rows, int column)
{
	return given ? given : rows_text(rows, column);
}

static int change(struct db *db, int64_t id, const struct rule_new *n, int64_t now,
		  struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct rule_new all;
	int r = rule_read(db, id, &rows, err);

	if (r >= 0)
		r = rows_next(&rows, err);
	if (r == 0)
		return error_set(err, ENOENT, "there is no such rule");
	if (r < 0)
		return r;
	all = (struct rule_new){ .scenario = either(n->scenario, &rows, RULE_SCENARIO),
				 .claim = either(n->claim, &rows, RULE_CLAIM),
				 .arch = either(n->arch, &rows, RULE_ARCH),
				 .machine = either(n->machine, &rows, RULE_MACHINE),
				 .from = either(n->from, &rows, RULE_FROM),
				 .before = either(n->before, &rows, RULE_BEFORE),
				 .reason = either(n->reason, &rows, RULE_REASON) };
	r = check(&all, err);
	return r < 0 ? r
		     : db_run(db, err,
			      "UPDATE rule SET scenario=?2,claim=?3,arch=?4,machine=?5,"
			      "kernel_from=?6,kernel_before=?7,reason=?8,added_by=?9,added_at=?10"
			      " WHERE id=?1",
			      "issssssssi", id, all.scenario, all.claim, all.arch, all.machine,
			      all.from, all.before, all.reason, n->by, now);
}

int rule_change(struct db *db, int64_t id, const struct rule_new *n, int64_t now, struct error *err)
{
	int r = db_begin(db, err);

	return r < 0 ? r : finish_rule(db, change(db, id, n, now, err), err);
}

int rule_remove(struct db *db, int64_t id, struct error *err)
{
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	r = db_run(db, err, "DELETE FROM rule WHERE id=?1", "i", id);
	if (r >= 0 && db_changes(db) == 0)
		r = error_set(err, ENOENT, "there is no such rule any more");
	return finish_rule(db, r, err);
}

/* A target's cells are planned anew. */
static int finish_target(struct db *db, int r, int64_t target, int64_t now, struct error *err)
{
	if (r >= 0)
		r = cell_plan(db, target, err);
	if (r >= 0)
		r = cell_refresh(db, target, now, err);
	return finish(db, r, err);
}

int wanted_list(struct db *db, int64_t limit, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err,
			 "SELECT t.id,m.name,k.name,t.options,t.added_at FROM target t"
			 " JOIN machine m ON m.id=t.machine JOIN kernel k ON k.id=t.kernel"
			 " WHERE t.is_wanted=1 AND t.last_run=0"
			 " ORDER BY k.number DESC,m.name,t.options LIMIT ?1",
			 "i", limit);
}

/* As the first run of it would name them. */
static int read_names(struct db *db, const char *machine, const char *kernel, const char *options,
		      struct names *ret, struct error *err)
{
	_cleanup_free_ char *arch = NULL;
	const char *missing = "kernel";
	json_t *meta;
	bool is_good;
	int r = db_text(db, &arch, err, "SELECT arch FROM machine WHERE name=?1", "s", machine);

	if (r == 0)
		return error_set(err, ENOENT, "there is no machine \"%.80s\"", machine);
	if (r < 0)
		return r;
	meta = json_pack("{s:s, s:s, s:s, s:s}", "run", "wanted", "machine", machine, "kernel",
			 kernel, "arch", arch);
	is_good = meta && names_of_run(meta, ret, &missing) && ret->number > 0 &&
		  strlen(options) <= LIMITS_OPTIONS;
	json_decref(meta);
	if (!is_good)
		return error_set(err, EINVAL, "\"%.80s\" is no version of a kernel", kernel);
	strcpy(ret->options, options);
	return 0;
}

int wanted_add(struct db *db, const char *machine, const char *kernel, const char *options,
	       int64_t now, struct error *err)
{
	struct names names = { 0 };
	int64_t target = 0;
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	r = read_names(db, machine, kernel, options, &names, err);
	if (r >= 0)
		r = machine_target(db, &names, now, &target, err);
	if (r >= 0)
		r = db_run(db, err, "UPDATE target SET is_wanted=1 WHERE id=?1", "i", target);
	return finish_target(db, r, target, now, err);
}

int wanted_remove(struct db *db, int64_t target, int64_t now, struct error *err)
{
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	r = db_run(db, err, "UPDATE target SET is_wanted=0 WHERE id=?1", "i", target);
	if (r >= 0 && db_changes(db) == 0)
		r = error_set(err, ENOENT, "that is not expected");
	return finish_target(db, r, target, now, err);
}
