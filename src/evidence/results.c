// SPDX-License-Identifier: GPL-2.0-or-later
/* The document around the verdicts: counts, exit codes, whether the run is complete, its acts.
 * Knows no verdict rule. */
#include "evidence/latency.h"
#include "evidence/verdict_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static bool is_of_run(const struct record_line *l)
{
	return strcmp(record_str(l, "of"), "run") == 0;
}

static const struct record_line *find_of_run(const struct record *r, const char *type)
{
	record_foreach(l, r, .type = type)
		if (is_of_run(l))
			return l;
	return NULL;
}

/* Planned and never begun. */
static json_t *list_not_run(const struct record *r)
{
	const struct record_line *begin = find_of_run(r, "begin");
	json_t *left = json_array(), *id;
	size_t i;

	if (!begin)
		return left;
	json_array_foreach(json_object_get(begin->json, "plan"), i, id) {
		const struct record_scenario *s =
			json_is_string(id) ? record_scenario(r, json_string_value(id)) : NULL;

		if (json_is_string(id) && (!s || s->n_begun == 0))
			json_array_append(left, id);
	}
	return left;
}

/* What ended the run where nobody planned an end, or NULL. */
static const struct record_line *find_breakdown(const struct record *r)
{
	const struct record_line *last = NULL;

	record_foreach(l, r, .tries = RECORD_ANY_TRY)
		if (strcmp(l->type, "crash") == 0 || strcmp(l->type, "timeout") == 0)
			last = l;
	return last;
}

static const struct record_line *find_bad_restore(const struct record *r)
{
	record_foreach(l, r, .type = "restore", .tries = RECORD_ANY_TRY)
		if (json_is_false(json_object_get(l->json, "ok")))
			return l;
	return NULL;
}

static bool is_named(const json_t *ids, const json_t *id)
{
	json_t *other;
	size_t i;

	json_array_foreach((json_t *)ids, i, other)
		if (json_equal(other, id))
			return true;
	return false;
}

/* Of those that were never begun: how many were not left out for want of time, as the user asked.
 */
static size_t count_unexplained(const struct record *r, const json_t *not_run)
{
	const json_t *not_fitted = NULL;
	json_t *id;
	size_t i, n = 0;

	record_foreach(l, r, .type = "note", .tries = RECORD_ANY_TRY)
		if (strcmp(record_str(l, "what"), "not-fitted") == 0)
			not_fitted = json_object_get(record_data(l), "scenarios");
	json_array_foreach((json_t *)not_run, i, id)
		n += !is_named(not_fitted, id);
	return n;
}

/* NULL: the run is complete. */
static json_t *why_stopped(const struct record *r, const json_t *not_run)
{
	const struct record_line *end = find_of_run(r, "end"), *breakdown = find_breakdown(r);
	const char *said = end ? record_str(end, "stopped") : "";

	if (*said)
		return json_string(said);
	if (!find_of_run(r, "begin"))
		return json_sprintf("the run never began%s%s", breakdown ? ": " : "",
				    breakdown ? record_str(breakdown, "text") : "");
	if (!end)
		return json_sprintf("the run never ended%s%s", breakdown ? ": " : "",
				    breakdown ? record_str(breakdown, "text") : "");
	if (r->n_missing > 0)
		return json_sprintf("lines are missing in the journal: %ld", r->n_missing);
	if (r->is_truncated)
		return json_string("the last line of a file is cut off");
	if (find_bad_restore(r))
		return json_string("the box could not be put back as it was");
	if (count_unexplained(r, not_run) > 0)
		return json_sprintf("planned and never begun: %zu", count_unexplained(r, not_run));
	return NULL;
}

/* The box broke down between scenarios: no claim tells of it. Before the run began, the box never
 * came up, which proves nothing. */
static bool broke_between(const struct record *r)
{
	if (!find_of_run(r, "begin"))
		return false;
	record_foreach(l, r, .tries = RECORD_ANY_TRY)
		if (!l->scenario &&
		    (strcmp(l->type, "crash") == 0 || strcmp(l->type, "timeout") == 0))
			return true;
	return false;
}

static json_t *list_acts(const struct record *r)
{
	json_t *acts = json_array();

	for (size_t i = 0; i < r->n_acts; i++) {
		const struct record_act *a = &r->acts[i];

		json_array_append_new(
			acts,
			json_pack("{s:i, s:s?, s:b, s:s, s:i, s:s?, s:I, s:o}", "act", a->id,
				  "scenario", a->scenario, "alone", a->is_alone, "verb", a->verb,
				  "cpu", a->cpu, "result", a->result, "began", (json_int_t)a->began,
				  "ended", a->done ? json_integer(a->ended) : json_null()));
	}
	return acts;
}

static json_t *list_results(const struct record *r)
{
	json_t *results = json_array();

	for (size_t i = 0; i < r->n_scenarios; i++) {
		const struct record_scenario *s = &r->scenarios[i];

		for (size_t k = 0; k < s->n_claims; k++) {
			if (json_array_append_new(results, verdict_of_claim(r, s, s->claims[k])) <
			    0) {
				json_decref(results);
				return NULL;
			}
		}
	}
	return results;
}

static json_t *count_verdicts(const json_t *results)
{
	static const char *const kinds[] = { "pass",  "fail",    "known", "skip",
					     "error", "timeout", "crash", NULL };
	json_t *counts = json_object(), *result;
	size_t i;

	for (const char *const *k = kinds; *k; k++)
		json_object_set_new(counts, *k, json_integer(0));
	json_array_foreach(results, i, result) {
		bool is_known = !json_is_null(json_object_get(result, "known"));
		const char *kind = is_known ? "known" : record_get_str(result, "verdict");

		json_object_set_new(counts, kind, json_integer(record_get_int(counts, kind) + 1));
	}
	return counts;
}

static int exit_code(const json_t *counts, bool is_broken, bool is_complete, bool is_known_ok)
{
	json_int_t known = record_get_int(counts, "known");
	json_int_t bad = record_get_int(counts, "fail") + record_get_int(counts, "crash") +
			 record_get_int(counts, "timeout") + (is_known_ok ? 0 : known);

	if (bad > 0 || is_broken)
		return VERDICT_EXIT_FAILED;
	if (record_get_int(counts, "error") > 0 || !is_complete)
		return VERDICT_EXIT_NOT_JUDGED;
	return record_get_int(counts, "pass") + known > 0 ? VERDICT_EXIT_PASSED
							  : VERDICT_EXIT_NOT_TRIED;
}

/* NULL: nothing was traced, or memory is short; it is no verdict. */
static json_t *list_latency(const struct record *r)
{
	_cleanup_latency_ struct latency_table table = {};

	return latency_read(r, &table) < 0 ? NULL : latency_json(&table);
}

json_t *verdict_of_run(const struct record *r)
{
	json_t *results = list_results(r), *counts, *not_run, *stopped, *doc, *latency;
	bool is_broken = broke_between(r);

	if (!results)
		return NULL;
	latency = list_latency(r);
	counts = count_verdicts(results);
	not_run = list_not_run(r);
	stopped = why_stopped(r, not_run);
	doc = json_pack("{s:i, s:O?, s:O?, s:O?, s:b, s:O?, s:O, s:i, s:i, s:o, s:o, s:o}",
			"format", 1, "run", json_object_get(r->meta, "run"), "kernel",
			json_object_get(r->meta, "kernel"), "machine",
			json_object_get(r->meta, "machine"), "complete", !stopped, "stopped",
			stopped, "counts", counts, "exit",
			exit_code(counts, is_broken, !stopped, false), "exit_known_ok",
			exit_code(counts, is_broken, !stopped, true), "results", results, "acts",
			list_acts(r), "not_run", not_run);
	if (latency)
		json_object_set_new(doc, "latency", latency);
	json_decref(counts);
	json_decref(stopped);
	return doc;
}

int verdict_judge(const char *dir, json_t **ret_results, struct error *err)
{
	_cleanup_(cleanup_record) struct record *run = NULL;
	int r = record_open(dir, &run, err);
	json_t *results;

	if (r < 0)
		return r;
	results = verdict_of_run(run);
	if (!results)
		return error_set(err, ENOMEM, "out of memory for the verdicts of \"%s\"", dir);
	*ret_results = results;
	return 0;
}

char *verdict_text(const json_t *results)
{
	_cleanup_free_ char *text = json_dumps(results, JSON_INDENT(1) | JSON_PRESERVE_ORDER);

	return text ? text_printf("%s\n", text) : NULL;
}

int verdict_write(const char *dir, const json_t *results, struct error *err)
{
	_cleanup_free_ char *text = verdict_text(results);
	_cleanup_close_ int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (!text)
		return error_set(err, ENOMEM, "out of memory for the verdicts of \"%s\"", dir);
	if (dirfd < 0)
		return error_set(err, errno, "cannot open the run directory \"%s\": %s", dir,
				 strerror(errno));
	r = file_replace(dirfd, "results.json", text, strlen(text));
	if (r < 0)
		return error_set(
			err, -r,
			"cannot write \"%s/results.json\": %s; `hotproof judge --stdout` prints it instead",
			dir, strerror(-r));
	return 0;
}
