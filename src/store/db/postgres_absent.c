// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands in for postgres.c in a build without libpq: it says so. */
#include <errno.h>

#include "store/db/backend.h"

static int absent_open(struct db *db, const char *path, enum db_mode mode, struct error *err)
{
	(void)path, (void)mode;
	return error_set(err, EOPNOTSUPP,
			 "cannot open \"%s\": this program was built without PostgreSQL; build it "
			 "with libpq-dev installed",
			 db->path);
}

static void absent_close(struct db *db)
{
	(void)db;
}

const struct backend backend_postgres = { .open = absent_open, .close = absent_close };
