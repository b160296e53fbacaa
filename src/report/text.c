// SPDX-License-Identifier: GPL-2.0-or-later
/* What people see in the terminal when a run has ended, the verdict last. All of it is in the run
 * directory; the pictures are in the HTML report. */
#include "report/text_internal.h"

#include <string.h>

#include "base/text.h"

#define LAST_LINES 5

static bool is_verdict(const json_t *result, const char *verdict)
{
	return strcmp(record_get_str(result, "verdict"), verdict) == 0;
}

static const char *name_or(const json_t *o, const char *key, const char *other)
{
	return *record_get_str(o, key) ? record_get_str(o, key) : other;
}

static void put_head(const struct text *t)
{
	int64_t from, to, in_acts = 0;
	char all[32], acts[32];
	size_t n = 0;

	report_time_span(t->run, &from, &to);
	for (size_t i = 0; i < t->run->n_acts; i++)
		if (t->run->acts[i].ended > t->run->acts[i].began)
			in_acts += t->run->acts[i].ended - t->run->acts[i].began;
	text_colour(t, TEXT_BOLD);
	report_put_line(t->out, name_or(t->results, "run", t->run->dir));
	text_colour(t, TEXT_PLAIN);
	fputs(": ", t->out);
	report_put_line(t->out, name_or(t->results, "machine", "this box"));
	fputs(", kernel ", t->out);
	report_put_line(t->out, name_or(t->results, "kernel", "unknown"));
	for (size_t i = 0; i < t->run->n_scenarios; i++)
		n += t->run->scenarios[i].n_begun > 0;
	fprintf(t->out,
		"\n%zu act%s in %zu scenario%s; it took %s, %s of it in the acts themselves\n",
		t->run->n_acts, t->run->n_acts == 1 ? "" : "s", n, n == 1 ? "" : "s",
		report_ms(to - from, all, sizeof(all)), report_ms(in_acts, acts, sizeof(acts)));
}

static const struct column {
	const char *name, *done;
	enum text_colour colour;
} columns[] = {
	{ "pass", "passed", TEXT_GOOD },           { "fail", "failed", TEXT_BAD },
	{ "known", "known", TEXT_WARN },           { "skip", "skipped", TEXT_WARN },
	{ "error", "in error", TEXT_BAD },         { "timeout", "timed out", TEXT_BAD },
	{ "crash", "taken by a crash", TEXT_BAD },
};

/* NULL: of all scenarios. */
static int count(const struct text *t, const char *scenario, const char *column)
{
	json_t *result;
	size_t i;
	int n = 0;

	json_array_foreach(t->list, i, result) {
		if (scenario && strcmp(record_get_str(result, "scenario"), scenario) != 0)
			continue;
		n += strcmp(text_is_known(result) ? "known" : record_get_str(result, "verdict"),
			    column) == 0;
	}
	return n;
}

/* Scenarios by verdicts; verdicts that nothing came to are left out. */
static void put_table(const struct text *t)
{
	int width = 8;

	if (t->run->n_scenarios == 0)
		return;
	for (size_t i = 0; i < t->run->n_scenarios; i++)
		if ((int)strlen(t->run->scenarios[i].id) > width)
			width = (int)strlen(t->run->scenarios[i].id);
	fprintf(t->out, "\n  %-*s", width, "scenario");
	for (size_t c = 0; c < ARRAY_SIZE(columns); c++)
		if (c < 2 || count(t, NULL, columns[c].name) > 0)
			fprintf(t->out, "%8s", columns[c].name);
	for (size_t i = 0; i < t->run->n_scenarios; i++) {
		const char *id = t->run->scenarios[i].id;

		fprintf(t->out, "\n  %-*s", width, id);
		if (text_is_untried(t, id)) {
			text_colour(t, TEXT_DIM);
			fputs("  not tried, see SKIPPED", t->out);
			text_colour(t, TEXT_PLAIN);
			continue;
		}
		for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
			int n = count(t, id, columns[c].name);

			if (c >= 2 && count(t, NULL, columns[c].name) == 0)
				continue;
			if (n == 0) {
				fprintf(t->out, "%8s", ".");
				continue;
			}
			text_colour(t, columns[c].colour);
			fprintf(t->out, "%8d", n);
			text_colour(t, TEXT_PLAIN);
		}
	}
	fputc('\n', t->out);
}

/* "act 3 (offline cpu2, OK after 90.2 ms), act 5 ..."; the first few. */
static void put_acts(const struct text *t, const json_t *result)
{
	const json_t *acts = json_object_get(result, "acts"), *id;
	_cleanup_free_ char *words = NULL;
	char ms[32];
	size_t len, i;
	FILE *f;

	if (json_array_size(acts) == 0)
		return;
	f = open_memstream(&words, &len);
	if (!f)
		return;
	json_array_foreach(acts, i, id) {
		const struct record_act *a = record_act(t->run, (int)json_integer_value(id));

		if (i == 4) {
			fprintf(f, ", and %zu more", json_array_size(acts) - i);
			break;
		}
		fprintf(f, "%sact %lld", i ? ", " : "", (long long)json_integer_value(id));
		if (!a)
			continue;
		fputs(" (", f);
		report_put_act(f, a);
		if (a->done)
			fprintf(f, ", %s after %s)", a->result ? a->result : "?",
				report_ms(a->ended - a->began, ms, sizeof(ms)));
		else
			fputs(", which never returned)", f);
	}
	fclose(f);
	text_field(t, "act", words);
}

static void put_evidence(const struct text *t, const json_t *result)
{
	const json_t *evidence = json_object_get(result, "evidence"), *e;
	_cleanup_free_ char *words = NULL;
	const char *file = "";
	size_t len, i;
	FILE *f;

	if (json_array_size(evidence) == 0)
		return;
	f = open_memstream(&words, &len);
	if (!f)
		return;
	json_array_foreach(evidence, i, e) {
		if (i == 12) {
			fprintf(f, " and %zu more", json_array_size(evidence) - i);
			break;
		}
		if (strcmp(file, record_get_str(e, "file")) != 0)
			fprintf(f, "%s%s.jsonl seq", i ? "; " : "", record_get_str(e, "file"));
		file = record_get_str(e, "file");
		fprintf(f, " %lld", (long long)record_get_int(e, "seq"));
	}
	fclose(f);
	text_field(t, "evidence", words);
}

static void put_alone(const struct text *t, const json_t *result)
{
	const char *alone = record_get_str(result, "alone");

	if (strcmp(alone, "fails") == 0)
		text_field(t, "alone", "fails again with no witness but its own");
	else if (strcmp(alone, "passes") == 0)
		text_field(
			t, "alone",
			"passes with no witness but its own: it needs the others, or luck, to fail");
	else if (*alone)
		text_field(t, "alone",
			   "was tried again with no witness but its own, and could not be told");
}

static void put_repeat(const struct text *t, const char *scenario, const char *claim)
{
	_cleanup_free_ char *repeat = report_repeat(t->run, scenario, claim);

	text_field(t, "repeat", repeat ? repeat : "");
}

static void put_claim(const struct text *t, const char *word, enum text_colour colour,
		      const json_t *result)
{
	const char *claim = record_get_str(result, "claim"),
		   *scenario = record_get_str(result, "scenario");
	const char *summary = record_get_str(record_declared(t->run, "claims", claim), "summary");

	text_heading(t, colour, "%s %s in %s", word, claim, scenario);
	if (*summary)
		text_field(t, "promise", summary);
	text_field(t, "why", record_get_str(result, "why"));
	if (record_get_int(result, "unmet") > 0 && record_get_int(result, "exercised") > 1)
		text_fieldf(t, "how often", "%lld of %lld times",
			    (long long)record_get_int(result, "unmet"),
			    (long long)record_get_int(result, "exercised"));
	put_acts(t, result);
	put_evidence(t, result);
	put_alone(t, result);
	text_fieldf(t, "explain", "hotproof explain %s", claim);
	put_repeat(t, scenario, claim);
}

/* Where the parent found the tasks that hung. */
static void put_stacks(const struct text *t, const struct record_scenario *s)
{
	record_foreach(l, t->run, .type = "timeout", .scenario = s->id) {
		const json_t *stacks = json_object_get(l->json, "stacks"), *stack;
		size_t i;

		json_array_foreach(stacks, i, stack) {
			const char *top = record_get_str(stack, "stack");

			text_fieldf(t, i ? "" : "stacks", "%s: %.*s", record_get_str(stack, "who"),
				    (int)strcspn(top, "\n"), top);
		}
	}
}

static void put_last_lines(const struct text *t, const char *label, const char *words)
{
	_cleanup_free_ char *copy = strdup(words);
	char *cursor = copy, *line, *list[LAST_LINES];
	size_t n = 0;

	while (copy && (line = text_next_line(&cursor))) {
		line = text_strip(line);
		if (*line)
			list[n++ % LAST_LINES] = line;
	}
	for (size_t i = n > LAST_LINES ? n - LAST_LINES : 0; i < n; i++) {
		text_field(t, label, list[i % LAST_LINES]);
		label = "";
	}
}

/* What a guest that died said last. */
static void put_last_words(const struct text *t, const struct record_scenario *s)
{
	record_foreach(l, t->run, .type = "crash", .scenario = s->id) {
		const json_t *stacks = json_object_get(l->json, "stacks"), *stack;
		size_t i;

		json_array_foreach(stacks, i, stack) {
			if (text_starts(record_get_str(stack, "who"), "console"))
				put_last_lines(t, "console", record_get_str(stack, "stack"));
			else if (text_starts(record_get_str(stack, "who"), "journal"))
				text_field(t, "journal", record_get_str(stack, "stack"));
		}
	}
}

static bool has_verdict(const json_t *result, const void *verdict)
{
	return is_verdict(result, verdict);
}

static const json_t *find_verdict(const struct text *t, const char *scenario, const char *verdict)
{
	json_t *result;
	size_t i;

	json_array_foreach(t->list, i, result) {
		if (is_verdict(result, verdict) &&
		    strcmp(record_get_str(result, "scenario"), scenario) == 0)
			return result;
	}
	return NULL;
}

/* A crash or a timeout takes all claims of its scenario along: said once. */
static void put_breakdown(const struct text *t, const struct record_scenario *s,
			  const char *verdict)
{
	_cleanup_free_ char *claims = text_claims(t, s->id, has_verdict, verdict);
	const json_t *first = find_verdict(t, s->id, verdict);

	if (!first)
		return;
	text_heading(t, TEXT_BAD, "%s in %s", strcmp(verdict, "crash") == 0 ? "CRASH" : "TIMEOUT",
		     s->id);
	text_field(t, "why", record_get_str(first, "why"));
	if (text_is_known(first))
		text_put_defect(t, first);
	put_acts(t, first);
	put_evidence(t, first);
	put_stacks(t, s);
	put_last_words(t, s);
	text_field(t, "undecided", claims ? claims : "");
	put_repeat(t, s->id, NULL);
}

static void put_bad(const struct text *t)
{
	json_t *result;
	size_t i;

	for (i = 0; i < t->run->n_scenarios; i++) {
		put_breakdown(t, &t->run->scenarios[i], "crash");
		put_breakdown(t, &t->run->scenarios[i], "timeout");
	}
	json_array_foreach(t->list, i, result)
		if (is_verdict(result, "fail") && !text_is_known(result))
			put_claim(t, "FAIL", TEXT_BAD, result);
	json_array_foreach(t->list, i, result)
		if (is_verdict(result, "error"))
			put_claim(t, "ERROR", TEXT_BAD, result);
	text_known(t);
}

static void put_stopped(const struct text *t)
{
	const json_t *not_run = json_object_get(t->results, "not_run"), *id;
	size_t i;

	if (!json_is_true(json_object_get(t->results, "complete"))) {
		text_heading(t, TEXT_BAD, "NOT COMPLETE");
		text_field(t, "why", record_get_str(t->results, "stopped"));
	} else if (json_array_size(not_run) > 0) {
		text_heading(t, TEXT_WARN, "NOT ALL");
		text_field(t, "why", report_why_not_begun(t->results));
	}
	json_array_foreach(not_run, i, id) {
		text_field(t, i ? "" : "not begun", json_string_value(id));
	}
}

/* Scenarios that could not be tried at all: they are counted as such, and not by their claims. */
static int count_untried(const struct text *t, int *ret_claims)
{
	int n = 0, claims = 0;

	for (size_t i = 0; i < t->run->n_scenarios; i++) {
		const char *id = t->run->scenarios[i].id;

		if (!text_is_untried(t, id))
			continue;
		claims += text_count(t, id, NULL, NULL);
		n++;
	}
	*ret_claims = claims;
	return n;
}

static void put_verdict(const struct text *t)
{
	static const char *const words[] = { "PASSED", "FAILED" };
	json_int_t code = record_get_int(t->results, "exit");
	const json_t *counts = json_object_get(t->results, "counts");
	bool is_known_only = code == 1 && record_get_int(t->results, "exit_known_ok") == 0;
	const char *word = code == 77      ? "NOTHING COULD BE TRIED"
			   : is_known_only ? "ONLY KNOWN DEFECTS FAILED"
			   : code <= 1     ? words[code]
					   : "COULD NOT BE JUDGED";
	bool is_first = true;
	int of_untried, untried = count_untried(t, &of_untried);

	fputc('\n', t->out);
	text_colour(t, code == 0 ? TEXT_GOOD : code == 77 || is_known_only ? TEXT_WARN : TEXT_BAD);
	fputs(word, t->out);
	text_colour(t, TEXT_PLAIN);
	for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
		json_int_t n = record_get_int(counts, columns[c].name);

		if (strcmp(columns[c].name, "skip") == 0)
			n -= of_untried;
		if (n == 0)
			continue;
		fprintf(t->out, "%s%lld %s", is_first ? ": " : ", ", (long long)n, columns[c].done);
		is_first = false;
	}
	if (untried > 0)
		fprintf(t->out, "%s%d scenario%s not tried", is_first ? ": " : ", ", untried,
			untried == 1 ? "" : "s");
	if (is_known_only)
		fputs(" (exit 1, or 0 with --known-ok)", t->out);
	fputc('\n', t->out);
}

int report_text(const struct record *run, const json_t *results, FILE *out,
		const struct report_options *options)
{
	struct text t = {
		.out = out,
		.run = run,
		.results = results,
		.list = json_object_get(results, "results"),
		.before = options ? options->before : NULL,
		.is_coloured = options && options->is_coloured,
		.columns = options && options->columns > 0 ? options->columns : 100,
	};

	put_head(&t);
	put_table(&t);
	put_bad(&t);
	text_skips(&t);
	text_disruption(&t);
	text_cost(&t);
	put_stopped(&t);
	put_verdict(&t);
	return 0;
}
