// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The catalogue in the database: which scenarios, claims and pairs of them there are. It comes as
 * JSON (`hotproof list --json`, docs/run-format.md), never from C, so that the tracker links no
 * witness.
 */
#pragma once

#include <jansson.h>

#include "store/db/db.h"

/*
 * Makes the document the current catalogue: what it names is expected, what it names no more stays
 * with its history and is expected no more. In a transaction of the caller. -EBADMSG: it is no
 * catalogue.
 */
_must_check_ int catalog_install(struct db *db, const json_t *doc, struct error *err);

/* The one that was built in, if it is not the current one already; a transaction of its own. */
_must_check_ int catalog_install_built_in(struct db *db, struct error *err);

/* Their numbers; what is new is added, with what `doc` (a run's catalogue, or NULL) says of it. */
_must_check_ int catalog_scenario(struct db *db, const char *name, const json_t *doc, int64_t *ret,
				  struct error *err);
_must_check_ int catalog_claim(struct db *db, const char *name, const json_t *doc, int64_t *ret,
			       struct error *err);
_must_check_ int catalog_pair(struct db *db, int64_t scenario, int64_t claim, int64_t *ret,
			      struct error *err);
