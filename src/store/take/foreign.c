// SPDX-License-Identifier: GPL-2.0-or-later
/* Foreign results into the tables, and the small format of LTP. KTAP and JUnit have files of their
 * own.
 */
#include "store/take/foreign.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "evidence/record.h"
#include "store/take/foreign_internal.h"
#include "store/take/ingest_internal.h"

static const struct {
	const char *name;
	void (*parse)(struct foreign_list *l, char *text);
} formats[] = { { "ktap", foreign_ktap }, { "junit", foreign_junit }, { "ltp", foreign_ltp } };

static const char *const words[] = { "pass", "fail", "skip", "fail", "error" };

void foreign_add(struct foreign_list *l, const char *name, enum foreign_verdict verdict,
		 const char *why)
{
	char claim[LIMITS_NAME + 1], cut[LIMITS_WHY];
	json_t *had;

	if (json_array_size(l->results) >= LIMITS_RESULTS || !*name)
		return;
	/* "suite.test" is what a claim looks like; tests are told from claims by their scenario. */
	snprintf(claim, sizeof(claim), "%.*s", LIMITS_NAME, name);
	for (char *c = claim; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			*c = ' ';
	snprintf(cut, sizeof(cut), "%s", why);
	had = json_object_get(l->by_name, claim);
	if (had && verdict != FOREIGN_FAIL && verdict != FOREIGN_ERROR)
		return;
	if (!had) {
		had = json_object();
		json_array_append_new(l->results, had);
		/* A name that is no UTF-8 is not found again, and so is there as often as it came.
		 */
		(void)json_object_set(l->by_name, claim, had);
	}
	json_object_set_new(had, "scenario", json_string(l->suite));
	json_object_set_new(had, "claim", json_string(claim) ?: json_string("not UTF-8"));
	json_object_set_new(had, "verdict", json_string(words[verdict]));
	json_object_set_new(had, "kind", json_string(verdict == FOREIGN_SKIP ? "need" : ""));
	json_object_set_new(had, "why", json_string(cut) ?: json_string("(not UTF-8)"));
	json_object_set_new(had, "expected", json_integer(1));
	json_object_set_new(had, "exercised", json_integer(verdict != FOREIGN_SKIP));
	if (verdict == FOREIGN_KNOWN)
		json_object_set_new(had, "known", json_object());
}

/* "cpuhotplug02  PASS  0" of runltp -l; BROK could not be judged, CONF was not tried. */
void foreign_ltp(struct foreign_list *l, char *text)
{
	static const struct {
		const char *word;
		enum foreign_verdict verdict;
	} verdicts[] = { { "PASS", FOREIGN_PASS },
			 { "FAIL", FOREIGN_FAIL },
			 { "CONF", FOREIGN_SKIP },
			 { "BROK", FOREIGN_ERROR },
			 { "WARN", FOREIGN_ERROR } };
	char *line;

	while ((line = text_next_line(&text))) {
		char *name = text_next_word(&line), *word = name ? text_next_word(&line) : NULL,
		     *status = word ? text_next_word(&line) : NULL;

		for (size_t i = 0; status && i < ARRAY_SIZE(verdicts); i++)
			if (strcmp(verdicts[i].word, word) == 0) {
				_cleanup_free_ char *why =
					text_printf("%s, exit code %s", word, status);

				foreign_add(l, name, verdicts[i].verdict, why ? why : "");
			}
	}
}

static json_t *document(const struct foreign_list *l)
{
	json_t *one, *counts = json_pack("{s:i, s:i, s:i, s:i, s:i}", "pass", 0, "fail", 0, "known",
					 0, "skip", 0, "error", 0);
	size_t i;

	json_array_foreach(l->results, i, one) {
		const char *word = json_object_get(one, "known") ? "known"
								 : record_get_str(one, "verdict");

		json_object_set_new(counts, word, json_integer(record_get_int(counts, word) + 1));
	}
	return json_pack("{s:i, s:b, s:s?, s:o, s:O}", "format", 1, "complete", !l->stopped,
			 "stopped", l->stopped, "counts", counts, "results", l->results);
}

int foreign_parse(const struct foreign *f, json_t **ret_results, struct error *err)
{
	struct foreign_list list = { .suite = f->suite,
				     .results = json_array(),
				     .by_name = json_object() };
	_cleanup_free_ char *copy = strndup(f->text, f->len);
	void (*parse)(struct foreign_list * l, char *text) = NULL;
	json_t *doc = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].name, f->format) == 0)
			parse = formats[i].parse;
	if (parse && copy && list.results) {
		parse(&list, copy);
		doc = json_array_size(list.results) ? document(&list) : NULL;
	}
	json_decref(list.results);
	json_decref(list.by_name);
	if (!parse)
		return error_set(err, EINVAL, "\"%.40s\" is no format: ktap, junit or ltp",
				 f->format);
	if (!doc)
		return error_set(err, EBADMSG, "there is no result of the format %s in it",
				 f->format);
	*ret_results = doc;
	return 0;
}

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
