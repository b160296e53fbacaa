// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of the ingest share: a run that was read and judged, on its way into tables.
 */
#pragma once

#include <jansson.h>

#include "evidence/record.h"
#include "store/take/bundle.h"
#include "store/take/ingest.h"
#include "store/take/names.h"
#include "store/take/signature.h"

struct ingest {
	struct db *db;
	const struct ingest_from *from;
	const char *format;    /* NULL: hotproof's own */
	struct record *record; /* NULL with foreign results */
	struct names names;
	json_t *results;
	char *results_text, *meta_text;
	struct bundle_packed packed;
	bool has_signature; /* that fits; whose it is is not known yet */
	bool is_registered; /* it is the machine's */
	struct signature signature;
};

void ingest_clear(struct ingest *in);

/* Behind a name that others may have, a part of the digest. */
void ingest_make_own_name(struct ingest *in);

/* One transaction. */
_must_check_ int ingest_store(struct ingest *in, struct ingest_done *done, struct error *err);

/* ingest_results.c: its results, and what they make of the target's cells. In a transaction. */
_must_check_ int ingest_results(struct ingest *in, int64_t target, int64_t run,
				struct ingest_done *done, struct error *err);
