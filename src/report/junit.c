// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JUnit XML as common readers take it: a testsuite a scenario, a testcase a claim. <failure> is a
 * broken promise (also by a crash, a timeout or a known defect: see its type); <error> is what
 * could not be judged.
 */
#include "report/internal.h"

#include <string.h>

#define S_PER_NS 1e-9

/* XML 1.0 cannot hold most control characters, not even escaped. */
static void put_xml(FILE *out, const char *text)
{
	while (*text) {
		const char *start = text;
		int c = report_next_char(&text);

		if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\n')
			fputs("&#10;", out);
		else if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xfffe || c == 0xffff)
			fputc(' ', out);
		else
			fwrite(start, 1, text - start, out);
	}
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_xml(out, value);
	fputc('"', out);
}

/* "failure", "error", "skipped" or NULL: passed */
static const char *element_of(const json_t *result)
{
	const char *verdict = record_get_str(result, "verdict");

	if (strcmp(verdict, "pass") == 0)
		return NULL;
	if (strcmp(verdict, "skip") == 0)
		return "skipped";
	return strcmp(verdict, "error") == 0 ? "error" : "failure";
}

static void put_details(FILE *out, const struct record *run, const json_t *result)
{
	const json_t *evidence = json_object_get(result, "evidence"), *e;
	const char *scenario = record_get_str(result, "scenario");
	size_t i;

	json_array_foreach(evidence, i, e) {
		const struct record_line *l = record_evidence(run, e);

		if (!l)
			continue;
		fprintf(out, "%s line %ld: ", l->file, l->number);
		put_xml(out, *record_str(l, "text") ? record_str(l, "text") : l->type);
		fputc('\n', out);
	}
	if (strcmp(record_get_str(result, "verdict"), "skip") != 0) {
		char *repeat = report_repeat(run, scenario, record_get_str(result, "claim"));

		fputs("repeat: ", out);
		put_xml(out, repeat ? repeat : "");
		fputc('\n', out);
		free(repeat);
	}
}

static void put_case(FILE *out, const struct record *run, const json_t *result)
{
	const char *element = element_of(result), *kind = record_get_str(result, "kind");

	fputs("  <testcase", out);
	put_attribute(out, "classname", record_get_str(result, "scenario"));
	put_attribute(out, "name", record_get_str(result, "claim"));
	if (!element) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, ">\n   <%s", element);
	if (strcmp(element, "skipped") != 0)
		put_attribute(out, "type", *kind ? kind : record_get_str(result, "verdict"));
	put_attribute(out, "message", record_get_str(result, "why"));
	fputs(">", out);
	put_details(out, run, result);
	fprintf(out, "</%s>\n  </testcase>\n", element);
}

struct tally {
	size_t tests, failures, errors, skipped;
};

/* All scenarios when it is NULL. */
static struct tally count(const json_t *list, const char *scenario)
{
	struct tally t = {};
	json_t *result;
	size_t i;

	json_array_foreach(list, i, result) {
		const char *element = element_of(result);

		if (scenario && strcmp(record_get_str(result, "scenario"), scenario) != 0)
			continue;
		t.tests++;
		t.failures += element && strcmp(element, "failure") == 0;
		t.errors += element && strcmp(element, "error") == 0;
		t.skipped += element && strcmp(element, "skipped") == 0;
	}
	return t;
}

static void put_tally(FILE *out, struct tally t)
{
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", t.tests,
		t.failures, t.errors, t.skipped);
}

static void put_suite(FILE *out, const struct record *run, const struct record_scenario *s,
		      const json_t *list)
{
	json_t *result;
	size_t i;

	fputs(" <testsuite", out);
	put_attribute(out, "name", s->id);
	put_tally(out, count(list, s->id));
	if (s->begin && s->end)
		fprintf(out, " time=\"%.3f\"", (double)(s->end->t - s->begin->t) * S_PER_NS);
	fputs(">\n", out);
	json_array_foreach(list, i, result)
		if (strcmp(record_get_str(result, "scenario"), s->id) == 0)
			put_case(out, run, result);
	fputs(" </testsuite>\n", out);
}

/* What no claim tells: that the run ended early, and what it left out. */
static void put_rest(FILE *out, const json_t *results)
{
	const json_t *not_run = json_object_get(results, "not_run"), *id;
	bool is_complete = json_is_true(json_object_get(results, "complete"));
	size_t i;

	if (is_complete && json_array_size(not_run) == 0)
		return;
	fputs(" <testsuite name=\"run.complete\"", out);
	put_tally(out, (struct tally){ !is_complete + json_array_size(not_run), 0, !is_complete,
				       json_array_size(not_run) });
	fputs(">\n", out);
	if (!is_complete) {
		fputs("  <testcase classname=\"run\" name=\"complete\">\n   <error type=\"error\"",
		      out);
		put_attribute(out, "message", record_get_str(results, "stopped"));
		fputs("/>\n  </testcase>\n", out);
	}
	json_array_foreach(not_run, i, id) {
		fputs("  <testcase classname=\"run\"", out);
		put_attribute(out, "name", json_string_value(id));
		fputs(">\n   <skipped", out);
		put_attribute(out, "message", report_why_not_begun(results));
		fputs("/>\n  </testcase>\n", out);
	}
	fputs(" </testsuite>\n", out);
}

int report_junit(const struct record *run, const json_t *results, FILE *out,
		 const struct report_options *options)
{
	const json_t *list = json_object_get(results, "results");
	struct tally all = count(list, NULL);
	int64_t from, to;

	(void)options;
	all.tests += json_array_size(json_object_get(results, "not_run"));
	all.skipped += json_array_size(json_object_get(results, "not_run"));
	if (!json_is_true(json_object_get(results, "complete"))) {
		all.errors++;
		all.tests++;
	}
	report_time_span(run, &from, &to);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
	put_attribute(out, "name",
		      *record_get_str(results, "run") ? record_get_str(results, "run")
						      : "hotproof");
	put_tally(out, all);
	fprintf(out, " time=\"%.3f\">\n", (double)(to - from) * S_PER_NS);
	for (size_t i = 0; i < run->n_scenarios; i++)
		put_suite(out, run, &run->scenarios[i], list);
	put_rest(out, results);
	fputs("</testsuites>\n", out);
	return 0;
}
