// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads and judges what was sent; what goes into which table is ingest_store.c's. The verdict is
 * evidence/verdict.h's: there is no second opinion here.
 */
#include "store/take/ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "evidence/record.h"
#include "evidence/verdict.h"
#include "store/take/ingest_internal.h"

void ingest_clear(struct ingest *in)
{
	record_free(in->record);
	json_decref(in->results);
	free(in->results_text);
	free(in->meta_text);
	free(in->packed.data);
}

static const json_t *find_result(const json_t *results, const char *scenario, const char *claim)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(results, "results"), i, one)
		if (strcmp(record_get_str(one, "claim"), claim) == 0 &&
		    strcmp(record_get_str(one, "scenario"), scenario) == 0)
			return one;
	return NULL;
}

/* What the sender claims: a pass of it must come out of the evidence too. */
static int check_claimed(const struct ingest *in, const json_t *claimed, struct error *err)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(claimed, "results"), i, one) {
		const char *scenario = record_get_str(one, "scenario"),
			   *claim = record_get_str(one, "claim");
		const json_t *ours = find_result(in->results, scenario, claim);

		if (strcmp(record_get_str(one, "verdict"), "pass") == 0 &&
		    strcmp(record_get_str(ours, "verdict"), "pass") != 0)
			return error_set(
				err, EBADMSG,
				"results.json says that \"%.80s\" passed in \"%.80s\", and "
				"the journal does not prove it; delete results.json to "
				"send what the journal says",
				claim, scenario);
	}
	return 0;
}

static int read_claimed(struct ingest *in, const char *dir, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/results.json", dir), *text = NULL;
	json_t *claimed;
	size_t len;
	int r = path ? file_read(AT_FDCWD, path, &text, &len) : -ENOMEM;

	if (r < 0)
		return r == -ENOENT ? 0 : error_set(err, -r, "cannot read results.json");
	claimed = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!claimed)
		return error_set(err, EBADMSG, "results.json of the run is no JSON");
	r = check_claimed(in, claimed, err);
	json_decref(claimed);
	return r;
}

static int judge(struct ingest *in, const char *dir, struct error *err)
{
	const char *missing;
	int r = record_open(dir, &in->record, err);

	if (r == -ENOENT || r == -ENOTDIR)
		return error_set(err, EBADMSG,
				 "there is no journal.jsonl: without evidence there is no result");
	if (r < 0)
		return r;
	if (!names_of_run(in->record->meta, &in->names, &missing))
		return error_set(err, EBADMSG,
				 "meta.json of the run has no usable \"%s\": 1 to %d characters",
				 missing, LIMITS_NAME);
	if (in->names.began_at == 0)
		in->names.began_at = in->from->now;
	in->results = verdict_of_run(in->record);
	in->results_text = in->results ? json_dumps(in->results, JSON_COMPACT) : NULL;
	in->meta_text = json_dumps(in->record->meta, JSON_COMPACT);
	if (!in->results_text || !in->meta_text)
		return error_set(err, ENOMEM, "out of memory for the verdicts of the run");
	if (json_array_size(json_object_get(in->results, "results")) > LIMITS_RESULTS)
		return error_set(err, EFBIG, "the run has more than %d results", LIMITS_RESULTS);
	return 0;
}

/* `hotproof lab run -o x` makes runs named "x" on every machine: what they hold tells them apart.
 */
void ingest_make_own_name(struct ingest *in)
{
	size_t len = strlen(in->names.run);

	if (!names_is_own(in->names.run))
		snprintf(in->names.run + len, sizeof(in->names.run) - len, "~%02x%02x%02x%02x",
			 in->packed.digest[0], in->packed.digest[1], in->packed.digest[2],
			 in->packed.digest[3]);
}

/* Where it was unpacked is nobody's business. */
static void hide_path(const char *dir, struct error *err)
{
	size_t len = strlen(dir);
	char *at;

	while (err && len > 0 && (at = strstr(err->text, dir)))
		memmove(at, at + len + (at[len] == '/'), strlen(at + len + (at[len] == '/')) + 1);
}

/* It is over the evidence's digest: what was packed in which way does not matter. */
static int check_signature(struct ingest *in, struct error *err)
{
	int r;

	if (!in->from->signature)
		return 0;
	r = signature_parse(in->from->signature, &in->signature, err);
	if (r < 0)
		return r;
	in->has_signature = signature_fits(&in->signature, in->packed.digest);
	return in->has_signature
		       ? 0
		       : error_set(err, EACCES, "the signature is not of this run by that key");
}

int ingest_read(const char *dir, const struct ingest_from *from, struct ingest **ret,
		struct error *err)
{
	_cleanup_(cleanup_ingest) struct ingest *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return error_set(err, ENOMEM, "out of memory for a run");
	in->from = from;
	r = judge(in, dir, err);
	if (r >= 0)
		r = read_claimed(in, dir, err);
	if (r >= 0)
		r = bundle_pack(dir, &in->packed, err);
	if (r >= 0)
		r = check_signature(in, err);
	if (r < 0) {
		hide_path(dir, err);
		return r;
	}
	ingest_make_own_name(in);
	*ret = take_ptr(in);
	return 0;
}

int ingest_take(struct ingest *in, struct db *db, struct ingest_done *ret, struct error *err)
{
	struct ingest_done done = { 0 };
	int r;

	in->db = db;
	r = ingest_store(in, &done, err);
	if (r >= 0)
		*ret = done;
	return r;
}

void ingest_free(struct ingest *in)
{
	if (in)
		ingest_clear(in);
	free(in);
}

int ingest_dir(struct db *db, const char *dir, const struct ingest_from *from,
	       struct ingest_done *ret, struct error *err)
{
	_cleanup_(cleanup_ingest) struct ingest *in = NULL;
	int r = ingest_read(dir, from, &in, err);

	return r < 0 ? r : ingest_take(in, db, ret, err);
}
