// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel TAP, version 1 (Documentation/dev-tools/ktap.rst): a test a scenario, with a subtest a
 * claim. It knows no "known failure" that is none: that stays "not ok". What was planned and never
 * begun is skipped; a run that is not complete has a last test that fails, so that no reader takes
 * it for a good one.
 */
#include "report/internal.h"

#include <string.h>

/* A description may not hold a hash. */
static void put_name(FILE *out, const char *name)
{
	for (; *name; name++)
		fputc(*name == '#' || (unsigned char)*name <= ' ' ? '_' : *name, out);
}

static bool is_verdict(const json_t *result, const char *verdict)
{
	return strcmp(record_get_str(result, "verdict"), verdict) == 0;
}

static void put_diagnostics(FILE *out, const json_t *result)
{
	const json_t *evidence = json_object_get(result, "evidence"),
		     *known = json_object_get(result, "known"), *e;
	const char *alone = record_get_str(result, "alone");
	size_t i;

	fputs("  # ", out);
	report_put_line(out, record_get_str(result, "why"));
	fputc('\n', out);
	if (json_array_size(evidence) > 0) {
		fputs("  # evidence:", out);
		json_array_foreach(evidence, i, e) {
			fprintf(out, " %s:%lld", record_get_str(e, "file"),
				(long long)record_get_int(e, "seq"));
		}
		fputc('\n', out);
	}
	if (*alone)
		fprintf(out, "  # second try with its own witness only: %s\n", alone);
	if (json_is_object(known)) {
		fputs("  # known kernel defect: ", out);
		report_put_line(out, record_get_str(known, "summary"));
		fputs(" (", out);
		report_put_line(out, record_get_str(known, "reference"));
		fputs(")\n", out);
	}
}

static void put_directive(FILE *out, const char *directive, const char *text)
{
	fprintf(out, " # %s ", directive);
	report_put_line(out, text);
}

static void put_claim(FILE *out, size_t number, const json_t *result)
{
	const char *why = record_get_str(result, "why");
	bool is_ok = is_verdict(result, "pass") || is_verdict(result, "skip");

	if (!is_ok)
		put_diagnostics(out, result);
	fprintf(out, "  %s %zu ", is_ok ? "ok" : "not ok", number);
	put_name(out, record_get_str(result, "claim"));
	if (is_verdict(result, "skip"))
		put_directive(out, "SKIP", why);
	else if (is_verdict(result, "timeout"))
		put_directive(out, "TIMEOUT", why);
	else if (is_verdict(result, "error"))
		put_directive(out, "ERROR", why);
	else if (is_verdict(result, "crash"))
		put_directive(out, "ERROR", "the box or the test crashed");
	fputc('\n', out);
}

static bool is_of(const json_t *result, const char *scenario)
{
	return strcmp(record_get_str(result, "scenario"), scenario) == 0;
}

static void put_scenario(FILE *out, size_t number, const char *scenario, const json_t *list)
{
	size_t i, n = 0, n_bad = 0, n_skip = 0;
	json_t *result;

	json_array_foreach(list, i, result) {
		if (!is_of(result, scenario))
			continue;
		n++;
		n_skip += is_verdict(result, "skip");
		n_bad += !is_verdict(result, "skip") && !is_verdict(result, "pass");
	}
	fputs("  KTAP version 1\n  # Subtest: ", out);
	put_name(out, scenario);
	fprintf(out, "\n  1..%zu\n", n);
	n = 0;
	json_array_foreach(list, i, result)
		if (is_of(result, scenario))
			put_claim(out, ++n, result);
	fprintf(out, "%s %zu ", n_bad ? "not ok" : "ok", number);
	put_name(out, scenario);
	if (n == n_skip)
		put_directive(out, "SKIP",
			      n ? "each of its claims was skipped" : "it watches no claim");
	fputc('\n', out);
}

int report_ktap(const struct record *run, const json_t *results, FILE *out,
		const struct report_options *options)
{
	const json_t *list = json_object_get(results, "results"),
		     *not_run = json_object_get(results, "not_run"), *id;
	bool is_complete = json_is_true(json_object_get(results, "complete"));
	size_t n = 0, i;

	(void)options;
	fprintf(out, "KTAP version 1\n# run %s, kernel %s, machine %s\n",
		record_get_str(results, "run"), record_get_str(results, "kernel"),
		record_get_str(results, "machine"));
	fprintf(out, "1..%zu\n", run->n_scenarios + json_array_size(not_run) + !is_complete);
	for (i = 0; i < run->n_scenarios; i++)
		put_scenario(out, ++n, run->scenarios[i].id, list);
	json_array_foreach(not_run, i, id) {
		fprintf(out, "ok %zu ", ++n);
		put_name(out, json_string_value(id));
		put_directive(out, "SKIP", report_why_not_begun(results));
		fputc('\n', out);
	}
	if (!is_complete) {
		fprintf(out, "not ok %zu run.complete", ++n);
		put_directive(out, "ERROR", record_get_str(results, "stopped"));
		fputc('\n', out);
	}
	return 0;
}
