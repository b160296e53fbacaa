// SPDX-License-Identifier: GPL-2.0-or-later
/* Machines, kernels and targets in the database. What was proved on them is cell.c's. */
#include "store/cells/machine.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "store/cells/cell.h"
#include "store/cells/filter.h"
#include "store/take/signature.h"

static int find_machine(struct db *db, const struct names *n, int64_t *ret, struct error *err)
{
	int r = db_number(db, ret, err, "SELECT id FROM machine WHERE name=?1", "s", n->machine);

	if (r == 0) {
		r = db_number(db, ret, err,
			      "INSERT INTO machine(name,arch) VALUES(?1,?2) RETURNING id", "ss",
			      n->machine, n->arch);
		if (r >= 0)
			r = db_run(
				db, err,
				"INSERT INTO search(kind,ref,title,body) VALUES('machine',?1,?1,?2)",
				"ss", n->machine, n->arch);
	}
	/* One that was registered by hand may not know its architecture yet. */
	if (r >= 0)
		r = db_run(db, err, "UPDATE machine SET arch=?2 WHERE id=?1 AND arch=''", "is",
			   *ret, n->arch);
	return r;
}

static int find_kernel(struct db *db, const struct names *n, int64_t *ret, struct error *err)
{
	int r = db_number(db, ret, err, "SELECT id FROM kernel WHERE name=?1", "s", n->kernel);

	if (r != 0)
		return r;
	/* One that was only wanted so far is known by its version, and not yet by its release. */
	r = db_number(db, ret, err,
		      "UPDATE kernel SET name=?1,release=?2 WHERE name=?3 AND NOT EXISTS"
		      " (SELECT 1 FROM target t WHERE t.kernel=kernel.id AND t.last_run<>0)"
		      " RETURNING id",
		      "sss", n->kernel, n->release, n->version);
	if (r == 1)
		return db_run(db, err,
			      "UPDATE search SET ref=?1,title=?1 WHERE kind='kernel' AND ref=?2",
			      "ss", n->kernel, n->version);
	if (r != 0)
		return r;
	r = db_number(db, ret, err,
		      "INSERT INTO kernel(name,release,version,series,number)"
		      " VALUES(?1,?2,?3,?4,?5) RETURNING id",
		      "ssssi", n->kernel, n->release, n->version, n->series, n->number);
	if (r >= 0)
		r = db_run(db, err,
			   "INSERT INTO search(kind,ref,title,body) VALUES('kernel',?1,?1,?2)",
			   "ss", n->kernel, n->series);
	return r;
}

int machine_target(struct db *db, const struct names *n, int64_t now, int64_t *ret,
		   struct error *err)
{
	int64_t machine = 0, kernel = 0;
	int r = find_machine(db, n, &machine, err);

	if (r >= 0)
		r = find_kernel(db, n, &kernel, err);
	if (r >= 0)
		r = db_number(db, ret, err,
			      "SELECT id FROM target WHERE machine=?1 AND kernel=?2 AND options=?3",
			      "iis", machine, kernel, n->options);
	if (r != 0)
		return r < 0 ? r : 0;
	r = db_number(db, ret, err,
		      "INSERT INTO target(machine,kernel,options,added_at) VALUES(?1,?2,?3,?4)"
		      " RETURNING id",
		      "iisi", machine, kernel, n->options, now);
	return r < 0 ? r : cell_plan(db, *ret, err);
}

int machine_date(const char *text, int64_t *ret)
{
	struct tm tm = { 0 }, day;
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t t;

	if (strlen(text) != 10 || !end || *end)
		return -EINVAL;
	/* The library takes the 31st of any month for a day, and makes it one of the next. */
	day = tm;
	t = timegm(&day);
	if (day.tm_mday != tm.tm_mday || day.tm_mon != tm.tm_mon)
		return -EINVAL;
	*ret = t;
	return 0;
}

int machine_list(struct db *db, const struct filter *f, struct rows *ret, struct error *err)
{
	return db_select(db, ret, err,
			 "SELECT m.id,m.name,m.health,m.health_why,m.health_at,m.lent_to,"
			 "m.lent_until,m.every_days,(SELECT coalesce(max(last_at),0) FROM target"
			 " WHERE machine=m.id) FROM machine m WHERE (?1 IS NULL OR m.name=?1)"
			 " AND (?2 IS NULL OR m.arch=?2) AND (?3 IS NULL OR m.platform=?3)"
			 " ORDER BY m.name",
			 "sss", f->machine, f->arch, f->platform);
}

static bool is_health(const char *health)
{
	static const char *const words[] = { "good", "degraded", "does-not-boot", "maintenance",
					     "retired" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], health) == 0)
			return true;
	return false;
}

static int set_texts(struct db *db, int64_t id, const struct machine_change *c, struct error *err)
{
	int r = db_run(
		db, err,
		"UPDATE machine SET summary=coalesce(?2,summary),platform=coalesce(?3,platform),"
		"capabilities=coalesce(?4,capabilities),owner=coalesce(?5,owner),"
		"place=coalesce(?6,place),lent_to=coalesce(?7,lent_to),"
		"lent_until=coalesce(?8,lent_until),console=coalesce(?9,console),"
		"every_days=CASE WHEN ?10<0 THEN every_days ELSE ?10 END WHERE id=?1",
		"issssssssi", id, c->summary, c->platform, c->capabilities, c->owner, c->place,
		c->lent_to, c->lent_until, c->console, (int64_t)c->every_days);

	if (r >= 0)
		r = db_run(db, err,
			   "DELETE FROM search WHERE kind='machine'"
			   " AND ref=(SELECT name FROM machine WHERE id=?1)",
			   "i", id);
	if (r >= 0)
		r = db_run(
			db, err,
			"INSERT INTO search(kind,ref,title,body) SELECT 'machine',name,name,"
			"arch||' '||summary||' '||platform||' '||capabilities||' '||owner||' '||place"
			" FROM machine WHERE id=?1",
			"i", id);
	return r;
}

static int set_health(struct db *db, int64_t id, const struct machine_change *c, int64_t now,
		      struct error *err)
{
	int r = db_run(
		db, err,
		"UPDATE machine SET health_at=CASE WHEN health<>?2 THEN ?4 ELSE health_at END,"
		"health=?2,health_why=coalesce(?3,health_why) WHERE id=?1",
		"issi", id, c->health, c->health_why, now);

	return r;
}

static int set_key(struct db *db, int64_t id, const char *text, struct error *err)
{
	unsigned char key[SIGNATURE_KEY];

	if (!*text)
		return db_run(db, err, "UPDATE machine SET signing_key=NULL WHERE id=?1", "i", id);
	if (signature_key_parse(text, key) < 0)
		return error_set(err, EINVAL,
				 "that is no key; 'hotproof tracker key FILE' prints one");
	return db_run(db, err, "UPDATE machine SET signing_key=?2 WHERE id=?1", "ib", id, key,
		      sizeof(key));
}

/* Its health may retire it, and both that and its schedule change how its cells stand. */
static int plan_its_targets(struct db *db, int64_t machine, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(db, &rows, err, "SELECT id FROM target WHERE machine=?1", "i", machine);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1)
		r = cell_plan(db, rows_int(&rows, 0), err);
	return r;
}

static int set_one(struct db *db, const char *name, const struct machine_change *c, int64_t now,
		   struct error *err)
{
	int64_t id = 0;
	int r = db_number(db, &id, err, "SELECT id FROM machine WHERE name=?1", "s", name);

	if (r == 0)
		return error_set(err, ENOENT, "there is no machine \"%.80s\"", name);
	if (r >= 0)
		r = set_texts(db, id, c, err);
	if (r >= 0 && c->health)
		r = set_health(db, id, c, now, err);
	if (r >= 0 && c->key)
		r = set_key(db, id, c->key, err);
	return r < 0 ? r : plan_its_targets(db, id, err);
}

int machine_set_all(struct db *db, const char *const *names, size_t n,
		    const struct machine_change *c, int64_t now, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	int64_t day = 0;
	int r;

	if (c->health && !is_health(c->health))
		return error_set(err, EINVAL, "\"%.40s\" is no health of a machine", c->health);
	if (c->lent_until && *c->lent_until && machine_date(c->lent_until, &day) < 0)
		return error_set(err, EINVAL, "\"%.40s\" is no day; write it as 2026-11-30",
				 c->lent_until);
	r = db_begin(db, err);
	if (r < 0)
		return r;
	undo = db;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = set_one(db, names[i], c, now, err);
	if (r >= 0)
		r = cell_refresh(db, 0, now, err);
	if (r >= 0)
		r = db_commit(db, err);
	if (r >= 0)
		undo = NULL;
	return r;
}

int machine_set(struct db *db, const char *name, const struct machine_change *c, int64_t now,
		struct error *err)
{
	return machine_set_all(db, &name, 1, c, now, err);
}

int machine_blocked(struct db *db, int64_t machine, int64_t *ret, struct error *err)
{
	return db_number(
		db, ret, err,
		"SELECT count(*) FROM cell WHERE machine=?1 AND is_expected=1 AND state=11", "i",
		machine);
}
