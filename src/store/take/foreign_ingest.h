// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results of other suites (evidence/foreign.h) into the tables. They come without a journal, so
 * nothing of them can be judged anew: they are kept beside what hotproof proved, with their text as
 * the evidence, and count nowhere as coverage.
 */
#pragma once

#include "evidence/foreign.h"
#include "store/take/ingest.h"

/* Errors as of ingest_dir(), and those of foreign_parse(). */
_must_check_ int foreign_ingest(struct db *db, const struct foreign *f,
				const struct ingest_from *from, struct ingest_done *ret,
				struct error *err);
