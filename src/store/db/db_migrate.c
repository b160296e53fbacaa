// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Brings a database to the schema of this program: numbered .sql files, built in, each in a
 * transaction of its own. It never goes back.
 */
#include <errno.h>
#include <inttypes.h>

#include "store/db/backend.h"

/* Made by the build of sql/NNN-*.sql. */
extern const char sql_001_text[], sql_002_text[], sql_003_text[], sql_004_text[];

static const char *const migrations[] = { sql_001_text, sql_002_text, sql_003_text, sql_004_text };

#define LATEST ((int64_t)ARRAY_SIZE(migrations))

static int apply(struct db *db, int64_t number, struct error *err)
{
	struct db *undo _cleanup_(cleanup_db_rollback) = db;
	int64_t now = 0;
	int r = db_begin(db, err);

	if (r >= 0) /* another process may have been quicker */
		r = db->backend->schema(db, &now, err);
	if (r < 0 || now >= number)
		return r < 0 ? r : 0;
	r = db->backend->set_schema(db, migrations[number - 1], number, err);
	if (r >= 0)
		r = db_commit(db, err);
	if (r < 0)
		return error_prefix(err, "schema %" PRId64, number);
	undo = NULL;
	return 0;
}

int db_migrate(struct db *db, enum db_mode mode, struct error *err)
{
	int64_t version = 0;
	int r = db->backend->schema(db, &version, err);

	if (r < 0)
		return r;
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
	if (version > 0 && version < LATEST && db->backend->keep_copy)
		r = db->backend->keep_copy(db, version, err);
	for (int64_t i = version + 1; r >= 0 && i <= LATEST; i++)
		r = apply(db, i, err);
	return r < 0 ? r : 0;
}
