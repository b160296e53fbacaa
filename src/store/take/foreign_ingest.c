// SPDX-License-Identifier: GPL-2.0-or-later
/* Foreign results into the tables: names, evidence, and the rest as of any other run. */
#include "store/take/foreign_ingest.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/take/ingest_internal.h"

static_assert(FOREIGN_NAME <= LIMITS_NAME && FOREIGN_RESULTS <= LIMITS_RESULTS,
	      "tables are smaller");

static int make_names(struct ingest *in, const struct foreign *f, struct error *err)
{
	json_t *meta = json_pack("{s:s, s:s, s:s, s:s}", "run",
				 f->run && *f->run ? f->run : "foreign", "machine", f->machine,
				 "kernel", f->kernel, "arch", f->arch);
	const char *missing = "run";
	bool is_good = meta && names_of_run(meta, &in->names, &missing);

	in->meta_text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
	json_decref(meta);
	if (!is_good || !names_is_name(f->suite))
		return error_set(err, EINVAL, "\"%s\" of the results is no name of one",
				 is_good ? "suite" : missing);
	in->names.began_at = f->at ? f->at : in->from->now;
	if (!f->run || !*f->run)
		snprintf(in->names.run, LIMITS_NAME, "%s-%.80s", f->format, f->suite);
	for (char *c = in->names.run; *c; c++)
		if (*c == '/')
			*c = '-';
	return in->meta_text ? 0 : error_set(err, ENOMEM, "out of memory for results");
}

int foreign_ingest(struct db *db, const struct foreign *f, const struct ingest_from *from,
		   struct ingest_done *ret, struct error *err)
{
	struct ingest in _cleanup_(ingest_clear) = { .db = db, .from = from, .format = f->format };
	struct ingest_done done = { 0 };
	int r = foreign_parse(f, &in.results, err);

	if (r >= 0)
		r = make_names(&in, f, err);
	if (r < 0)
		return r;
	in.results_text = json_dumps(in.results, JSON_COMPACT);
	in.packed.data = malloc(f->len + 1);
	if (!in.results_text || !in.packed.data)
		return error_set(err, ENOMEM, "out of memory for results");
	memcpy(in.packed.data, f->text, f->len);
	in.packed.len = f->len;
	crypto_generichash(in.packed.digest, BUNDLE_DIGEST, (const unsigned char *)f->text, f->len,
			   NULL, 0);
	ingest_make_own_name(&in);
	r = ingest_store(&in, &done, err);
	if (r >= 0)
		*ret = done;
	return r;
}
