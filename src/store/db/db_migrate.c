// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Brings a file to the schema of this program: numbered .sql files, built in, each in a transaction
 * of its own. It never goes back.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "store/db/db.h"

/* Made by the build of sql/NNN-*.sql. */
extern const char sql_001_text[], sql_002_text[];

static const char *const migrations[] = { sql_001_text, sql_002_text };

#define LATEST ((int64_t)ARRAY_SIZE(migrations))

/* "HPTR", so that file(1) and this program tell it from other databases. */
#define APPLICATION_ID 1213219922

static int apply(struct db *db, int64_t number, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = db;
	_cleanup_free_ char *mark = text_printf(
		"PRAGMA user_version=%" PRId64 ";PRAGMA application_id=%d", number, APPLICATION_ID);
	int64_t now = 0;
	int r = db_begin(db, err);

	if (r >= 0) /* another process may have been quicker */
		r = db_number(db, &now, err, "PRAGMA user_version", NULL);
	if (r < 0 || now >= number)
		return r < 0 ? r : 0;
	r = db_script(db, migrations[number - 1], err);
	if (r >= 0)
		r = mark ? db_script(db, mark, err)
			 : error_set(err, ENOMEM, "out of memory for the schema");
	if (r >= 0)
		r = db_commit(db, err);
	if (r < 0)
		return error_prefix(err, "schema %" PRId64, number);
	undo = NULL;
	return 0;
}

static int keep_copy(struct db *db, int64_t version, struct error *err)
{
	_cleanup_free_ char *copy = text_printf("%s.before-%" PRId64, db_path(db), version + 1);
	int r = copy ? db_backup(db, copy, err) : -ENOMEM;

	return r == -EEXIST ? 0 : r;
}

int db_migrate(struct db *db, enum db_mode mode, struct error *err)
{
	int64_t version = 0, application = 0;
	int r = db_number(db, &version, err, "PRAGMA user_version", NULL);

	if (r >= 0)
		r = db_number(db, &application, err, "PRAGMA application_id", NULL);
	if (r < 0)
		return r;
	if (version > 0 && application != APPLICATION_ID)
		return error_set(err, EUCLEAN, "\"%s\" is a database of another program",
				 db_path(db));
	if (version > LATEST)
		return error_set(err, EPROTO,
				 "\"%s\" has schema %" PRId64 " and this program knows %" PRId64
				 "; use the version that wrote it, or a newer one",
				 db_path(db), version, LATEST);
	if (version < LATEST && mode == DB_READ)
		return error_set(err, EPROTO,
				 "\"%s\" has schema %" PRId64 ", not %" PRId64
				 " yet; 'hotproof tracker check' brings it there",
				 db_path(db), version, LATEST);
	if (version > 0 && version < LATEST)
		r = keep_copy(db, version, err);
	for (int64_t i = version + 1; r >= 0 && i <= LATEST; i++)
		r = apply(db, i, err);
	return r < 0 ? r : 0;
}
