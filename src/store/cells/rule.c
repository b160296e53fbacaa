// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules and wanted targets in the database. What they make of cells is cell_plan.c's. */
#include "store/cells/rule.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "store/cells/cell.h"
#include "store/cells/machine.h"
#include "store/limits.h"

int rule_list(struct db *db, struct rows *ret, struct error *err)
{
	return db_select(
		db, ret, err,
		"SELECT id,scenario,claim,arch,machine,kernel_from,kernel_before,reason,added_by,"
		"added_at FROM rule ORDER BY id",
		NULL);
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

/* What was begun and came out as `r`: cells are planned anew, of one target or (0) of all, or
 * nothing of it is there. */
static int finish(struct db *db, int r, int64_t target, int64_t now, struct error *err)
{
	if (r >= 0)
		r = target ? cell_plan(db, target, err) : cell_plan_all(db, err);
	if (r >= 0)
		r = cell_refresh(db, target, now, err);
	if (r >= 0)
		r = db_commit(db, err);
	if (r < 0)
		db_rollback(db);
	return r;
}

int rule_add(struct db *db, const struct rule_new *n, int64_t now, struct error *err)
{
	int r = check(n, err);

	if (r >= 0)
		r = db_begin(db, err);
	if (r < 0)
		return r;
	r = db_run(db, err,
		   "INSERT INTO rule(scenario,claim,arch,machine,kernel_from,kernel_before,reason,"
		   "added_by,added_at) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
		   "ssssssssi", n->scenario, n->claim, n->arch, n->machine, n->from, n->before,
		   n->reason, n->by, now);
	return finish(db, r, 0, now, err);
}

int rule_remove(struct db *db, int64_t id, int64_t now, struct error *err)
{
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	r = db_run(db, err, "DELETE FROM rule WHERE id=?1", "i", id);
	if (r >= 0 && db_changes(db) == 0)
		r = error_set(err, ENOENT, "there is no such rule any more");
	return finish(db, r, 0, now, err);
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
	return finish(db, r, target, now, err);
}

int wanted_remove(struct db *db, int64_t target, int64_t now, struct error *err)
{
	int r = db_begin(db, err);

	if (r < 0)
		return r;
	r = db_run(db, err, "UPDATE target SET is_wanted=0 WHERE id=?1", "i", target);
	if (r >= 0 && db_changes(db) == 0)
		r = error_set(err, ENOENT, "that is not expected");
	return finish(db, r, target, now, err);
}
