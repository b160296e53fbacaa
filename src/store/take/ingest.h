// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run directory into the database: judged anew from its journal, never believed. All of it or
 * nothing is there afterwards; the same run twice is there once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/db/db.h"
#include "store/limits.h"

struct ingest_from {
	const char *who; /* a user's or a token's name */
	bool is_signed;  /* by the key of the machine that it names: see ingest_signing_key() */
	int64_t now;     /* s since 1970 */
};

struct ingest_done {
	char run[LIMITS_NAME + 16];
	int64_t id;
	bool is_new; /* false: it was there already, the same evidence */
	int results, passed, failed;
	char note[160]; /* "" or what the sender should know */
};

/*
 * -EBADMSG: no run directory, its evidence cannot be read, or its results.json has a pass that the
 * evidence does not prove; -EEXIST: a run of that name is there with other evidence; -EACCES: the
 * machine has a key and the run is not signed by it; -EFBIG: beyond limits.h.
 */
_must_check_ int ingest_dir(struct db *db, const char *dir, const struct ingest_from *from,
			    struct ingest_done *ret, struct error *err);
