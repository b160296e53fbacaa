// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results of other suites: KTAP (kselftest, KUnit), JUnit and LTP. They come without a journal, so
 * nothing of them can be judged anew: they are kept beside what hotproof proved, with their text as
 * the evidence, and count nowhere as coverage.
 */
#pragma once

#include <jansson.h>

#include "store/take/ingest.h"

struct foreign {
	const char *format; /* ktap, junit, ltp */
	const char *suite;  /* "kselftest/cpu-hotplug": the scenario of its tests */
	const char *machine, *arch, *kernel;
	const char *run; /* NULL or "": made of the suite and what it says */
	int64_t at;      /* when it ran, s; 0: now */
	const char *text;
	size_t len;
};

/* The document of results.json, as far as there is one to make, owned by the caller. -EBADMSG: it
 * is not of that format, or has no result; -EINVAL: no such format. */
_must_check_ int foreign_parse(const struct foreign *f, json_t **ret_results, struct error *err);

/* Errors as of ingest_dir(), and those of foreign_parse(). */
_must_check_ int foreign_ingest(struct db *db, const struct foreign *f,
				const struct ingest_from *from, struct ingest_done *ret,
				struct error *err);
