// SPDX-License-Identifier: GPL-2.0-or-later
/* The catalogue's document, into tables. Cells of it are cell.c's. */
#include "store/take/catalog.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "evidence/record.h"
#include "store/cells/cell.h"
#include "store/limits.h"
#include "store/take/names.h"

/* Made by the build of what `hotproof list --json` prints. */
extern const char catalog_text[];
extern const size_t catalog_text_size;
extern const char catalog_text_sha256[];

static const json_t *declared(const json_t *doc, const char *kind, const char *id)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(doc, kind), i, one)
		if (strcmp(record_get_str(one, "id"), id) == 0)
			return one;
	return NULL;
}

/* ["a","b"] as lines. */
static char *lines(const json_t *list)
{
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);
	json_t *one;

	if (!out)
		return NULL;
	json_array_foreach((json_t *)list, i, one)
		if (json_is_string(one))
			fprintf(out, "%s%s", i ? "\n" : "", json_string_value(one));
	return fclose(out) == 0 ? text : NULL;
}

static int index_entry(struct db *db, const char *kind, const char *id, const json_t *one,
		       struct error *err)
{
	int r = db_run(db, err, "DELETE FROM search WHERE kind=?1 AND ref=?2", "ss", kind, id);

	if (r < 0)
		return r;
	return db_run(db, err, "INSERT INTO search(kind,ref,title,body) VALUES(?1,?2,?3,?4)",
		      "ssss", kind, id, id, record_get_str(one, "summary"));
}

static int put_scenario(struct db *db, const char *name, const json_t *one, int64_t is_current,
			struct error *err)
{
	_cleanup_free_ char *needs = lines(json_object_get(one, "needs"));
	int r = db_run(db, err,
		       "INSERT INTO scenario(name,summary,explain,needs,is_deep,is_current)"
		       " VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(name) DO UPDATE SET"
		       " summary=excluded.summary, explain=excluded.explain, needs=excluded.needs,"
		       " is_deep=excluded.is_deep, is_current=excluded.is_current",
		       "ssssii", name, record_get_str(one, "summary"),
		       record_get_str(one, "explain"), needs ? needs : "",
		       (int64_t)json_is_true(json_object_get(one, "deep")), is_current);

	return r < 0 ? r : index_entry(db, "scenario", name, one, err);
}

static int put_claim(struct db *db, const char *name, const json_t *one, int64_t is_current,
		     struct error *err)
{
	_cleanup_free_ char *refs = lines(json_object_get(one, "refs"));
	_cleanup_free_ char *faults = lines(json_object_get(one, "faults"));
	_cleanup_free_ char *subject = strndup(name, strcspn(name, "."));
	int r = db_run(
		db, err,
		"INSERT INTO claim(name,subject,summary,explain,made_by,refs,faults,is_current)"
		" VALUES(?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT(name) DO UPDATE SET"
		" summary=excluded.summary, explain=excluded.explain,"
		" made_by=excluded.made_by, refs=excluded.refs, faults=excluded.faults,"
		" is_current=excluded.is_current",
		"sssssssi", name, subject ? subject : "", record_get_str(one, "summary"),
		record_get_str(one, "explain"), record_get_str(one, "by"), refs ? refs : "",
		faults ? faults : "", is_current);

	return r < 0 ? r : index_entry(db, "claim", name, one, err);
}

int catalog_scenario(struct db *db, const char *name, const json_t *doc, int64_t *ret,
		     struct error *err)
{
	int r = db_number(db, ret, err, "SELECT id FROM scenario WHERE name=?1", "s", name);

	if (r != 0)
		return r < 0 ? r : 0;
	if (!names_is_name(name))
		return error_set(err, EBADMSG, "\"%.80s\" cannot be the id of a scenario", name);
	r = put_scenario(db, name, declared(doc, "scenarios", name), 0, err);
	return r < 0 ? r
		     : db_number(db, ret, err, "SELECT id FROM scenario WHERE name=?1", "s", name);
}

int catalog_claim(struct db *db, const char *name, const json_t *doc, int64_t *ret,
		  struct error *err)
{
	int r = db_number(db, ret, err, "SELECT id FROM claim WHERE name=?1", "s", name);

	if (r != 0)
		return r < 0 ? r : 0;
	if (!names_is_name(name))
		return error_set(err, EBADMSG, "\"%.80s\" cannot be the id of a claim", name);
	r = put_claim(db, name, declared(doc, "claims", name), 0, err);
	return r < 0 ? r : db_number(db, ret, err, "SELECT id FROM claim WHERE name=?1", "s", name);
}

int catalog_pair(struct db *db, int64_t scenario, int64_t claim, int64_t *ret, struct error *err)
{
	int r = db_number(db, ret, err, "SELECT id FROM pair WHERE scenario=?1 AND claim=?2", "ii",
			  scenario, claim);

	if (r != 0)
		return r < 0 ? r : 0;
	return db_number(db, ret, err,
			 "INSERT INTO pair(scenario,claim) VALUES(?1,?2) RETURNING id", "ii",
			 scenario, claim);
}

static int want_pair(struct db *db, const char *scenario, const char *claim, struct error *err)
{
	int64_t s = 0, c = 0, id = 0;
	int r = catalog_scenario(db, scenario, NULL, &s, err);

	if (r >= 0)
		r = catalog_claim(db, claim, NULL, &c, err);
	if (r >= 0)
		r = catalog_pair(db, s, c, &id, err);
	if (r >= 0)
		r = db_run(db, err, "UPDATE pair SET is_current=1 WHERE id=?1", "i", id);
	return r;
}

static int want_claims(struct db *db, const char *scenario, const json_t *claims, struct error *err)
{
	json_t *claim;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)claims, i, claim)
		if (r >= 0)
			r = want_pair(db, scenario, json_string_value(claim) ?: "", err);
	return r;
}

/* "watched_by": globs of the only witnesses that watch it; absent or null: all do. */
static bool is_watched_by(const json_t *scenario, const char *witness)
{
	const json_t *globs = json_object_get(scenario, "watched_by");
	json_t *glob;
	size_t i;

	if (!json_is_array(globs))
		return true;
	json_array_foreach((json_t *)globs, i, glob)
		if (text_glob(json_string_value(glob) ?: "", witness))
			return true;
	return false;
}

static int want_pairs_of(struct db *db, const json_t *doc, const json_t *scenario,
			 struct error *err)
{
	static const char *const everywhere[] = { "stage", "run" };
	const char *name = record_get_str(scenario, "id");
	json_t *one;
	size_t i;
	int r = want_claims(db, name, json_object_get(scenario, "claims"), err);

	json_array_foreach(json_object_get(doc, "witnesses"), i, one)
		if (r >= 0 && is_watched_by(scenario, record_get_str(one, "id")))
			r = want_claims(db, name, json_object_get(one, "claims"), err);
	json_array_foreach(json_object_get(doc, "claims"), i, one)
		for (size_t k = 0; r >= 0 && k < ARRAY_SIZE(everywhere); k++)
			if (strcmp(record_get_str(one, "by"), everywhere[k]) == 0)
				r = want_pair(db, name, record_get_str(one, "id"), err);
	return r;
}

int catalog_install(struct db *db, const json_t *doc, struct error *err)
{
	const json_t *claims = json_object_get(doc, "claims"),
		     *scenarios = json_object_get(doc, "scenarios");
	json_t *one;
	size_t i;
	int r;

	if (json_array_size(claims) == 0 || json_array_size(scenarios) == 0)
		return error_set(err, EBADMSG,
				 "the catalogue names no claims or no scenarios; "
				 "'hotproof list --json' makes one");
	r = db_script(db,
		      "UPDATE scenario SET is_current=0; UPDATE claim SET is_current=0;"
		      "UPDATE pair SET is_current=0",
		      err);
	json_array_foreach((json_t *)claims, i, one)
		if (r >= 0)
			r = put_claim(db, record_get_str(one, "id"), one, 1, err);
	json_array_foreach((json_t *)scenarios, i, one)
		if (r >= 0)
			r = put_scenario(db, record_get_str(one, "id"), one, 1, err);
	json_array_foreach((json_t *)scenarios, i, one)
		if (r >= 0)
			r = want_pairs_of(db, doc, one, err);
	return r < 0 ? r : cell_plan_all(db, err);
}

int catalog_install_built_in(struct db *db, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = NULL;
	_cleanup_free_ char *had = NULL;
	json_t *doc;
	int r = db_text(db, &had, err, "SELECT value FROM setting WHERE key='catalog'", NULL);

	if (r < 0 || (had && strcmp(had, catalog_text_sha256) == 0))
		return r < 0 ? r : 0;
	r = db_begin(db, err);
	if (r < 0)
		return r;
	undo = db;
	doc = json_loadb(catalog_text, catalog_text_size, 0, NULL);
	r = catalog_install(db, doc, err);
	json_decref(doc);
	if (r >= 0)
		r = db_run(db, err,
			   "INSERT INTO setting(key,value) VALUES('catalog',?1)"
			   " ON CONFLICT(key) DO UPDATE SET value=excluded.value",
			   "s", catalog_text_sha256);
	if (r >= 0)
		r = db_commit(db, err);
	if (r >= 0)
		undo = NULL;
	return r;
}
