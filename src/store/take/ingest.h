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
	const char *who;       /* a user's or a token's name */
	const char *signature; /* as sent; NULL: none */
	bool must_be_signed;   /* also where its machine has no key */
	int64_t now;           /* s since 1970 */
};

struct ingest_done {
	char run[LIMITS_NAME + 16];
	int64_t id;
	bool is_new; /* false: it was there already, the same evidence */
	int results, passed, failed;
	char note[160]; /* "" or what the sender should know */
};

/*
 * Reads, judges and packs it, which takes its time and needs no database; then takes it in.
 * `from` must live as long.
 */
struct ingest;
_must_check_ int ingest_read(const char *dir, const struct ingest_from *from, struct ingest **ret,
			     struct error *err);
_must_check_ int ingest_take(struct ingest *in, struct db *db, struct ingest_done *ret,
			     struct error *err);
void ingest_free(struct ingest *in);
CLEANUP_DEFINE(struct ingest, ingest, ingest_free)

/*
 * Both. -EBADMSG: no run directory, its evidence cannot be read, or its results.json has a pass
 * that the evidence does not prove; -EEXIST: a run of that name is there with other evidence;
 * -EACCES: the signature is wrong, or is missing where there must be one; -EFBIG: beyond limits.h.
 */
_must_check_ int ingest_dir(struct db *db, const char *dir, const struct ingest_from *from,
			    struct ingest_done *ret, struct error *err);
