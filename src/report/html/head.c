// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The top of the page: the verdict as a sentence, what broke and where, which box it was, and what
 * was not exercised. It counts results; it judges nothing.
 */
#include <string.h>

#include "base/cleanup.h"
#include "report/html/html.h"

struct promises {
	int kept, broken, known, unclear, not_tried;
};

int html_rank(const json_t *result)
{
	const char *verdict = record_get_str(result, "verdict");

	if (strcmp(verdict, "fail") == 0)
		return strcmp(record_get_str(result, "kind"), "known") ? 5 : 3;
	if (strcmp(verdict, "crash") == 0 || strcmp(verdict, "timeout") == 0 ||
	    strcmp(verdict, "error") == 0)
		return 4;
	return strcmp(verdict, "pass") == 0 ? 2 : 1;
}

/* A promise counts once, by the worst that was seen of it in any scenario. */
static struct promises count_promises(const struct html_page *p)
{
	struct promises n = { 0 };
	size_t i, k;
	json_t *result, *other;

	json_array_foreach((json_t *)p->list, i, result) {
		int worst = 0;

		if (!html_claim_is_first(p, i))
			continue;
		json_array_foreach((json_t *)p->list, k, other)
			if (strcmp(record_get_str(other, "claim"),
				   record_get_str(result, "claim")) == 0 &&
			    html_rank(other) > worst)
				worst = html_rank(other);
		n.broken += worst == 5;
		n.unclear += worst == 4;
		n.known += worst == 3;
		n.kept += worst == 2;
		n.not_tried += worst == 1;
	}
	return n;
}

/* "3 CPUs went off and on, 11 times in all" */
static void put_transitions(struct html_page *p)
{
	struct cpulist cpus = { 0 };
	int times = 0, n;

	for (size_t i = 0; i < p->n_acts; i++) {
		const struct record_act *act = p->acts[i].rec;

		if (strcmp(act->verb, "offline") || act->is_noop || !act->done ||
		    strcmp(act->result, "OK"))
			continue;
		cpulist_add(&cpus, act->cpu);
		times++;
	}
	n = cpulist_count(&cpus);
	if (n == 0)
		fputs(", and no CPU went off", p->out);
	else if (n == times)
		html_put(p->out, " while %d CPU%s went off and on", n, html_s(n));
	else
		html_put(p->out, " while %d CPU%s went off and on, %d times in all", n, html_s(n),
			 times);
}

/* The first scenario that did not come to its end, or NULL. */
static const json_t *find_aborted(const struct html_page *p)
{
	size_t i;
	json_t *result;

	json_array_foreach((json_t *)p->list, i, result) {
		const char *verdict = record_get_str(result, "verdict");

		if (strcmp(verdict, "crash") == 0 || strcmp(verdict, "timeout") == 0)
			return result;
	}
	return NULL;
}

/* Crashed or hung: that comes before any count. */
static void put_abortion(struct html_page *p, const json_t *result)
{
	struct html_act *act = html_act_find(
		p, (int)json_integer_value(json_array_get(json_object_get(result, "acts"), 0)));

	html_put(p->out, "did not come to the end of %s: it %s", record_get_str(result, "scenario"),
		 strcmp(record_get_str(result, "verdict"), "crash") ? "hung" : "crashed");
	if (act) {
		html_put(p->out, " in act %d, ", act->rec->id);
		html_act_name(p->out, act->rec);
	}
	fputs(".</h1>\n", p->out);
}

static void put_status(struct html_page *p)
{
	int code = (int)record_get_int(p->results, "exit");
	bool is_known_only = code == 1 && record_get_int(p->results, "exit_known_ok") == 0;
	const char *word = "? could not be judged", *css = "error";

	if (is_known_only)
		word = "✗ known defects only", css = "known";
	else if (code == 0)
		word = "✓ passed", css = "pass";
	else if (code == 1)
		word = "✗ failed", css = "fail";
	else if (code == 77)
		word = "– nothing could be tried", css = "skip";
	html_put(p->out, "<p class=\"status %s\">%s</p>\n", css, word);
}

static void put_sentence(struct html_page *p, const struct promises *n)
{
	int tried = n->kept + n->broken + n->known + n->unclear;
	const json_t *aborted = find_aborted(p);

	const struct record_line *crash = record_next(
		p->rec, NULL, &(struct record_filter){ .type = "crash", .scenario = "run" });

	put_status(p);
	html_put(p->out, "<h1>Linux %s ", record_get_str(p->results, "kernel"));
	if (aborted) {
		put_abortion(p, aborted);
		return;
	}
	if (crash) {
		html_put(p->out, "did not come to the end of the run: %s.</h1>\n",
			 record_str(crash, "text"));
		return;
	}
	if (tried == 0)
		fputs("could not be put to the test", p->out);
	else
		html_put(p->out, "kept %d of %d promise%s", n->kept, tried, html_s(tried));
	if (tried > 0)
		put_transitions(p);
	fputs(".</h1>\n", p->out);
}

static void put_counts(struct html_page *p, const struct promises *n)
{
	static const char *const names[][3] = {
		{ "fail", "fail", "failed" },       { "crash", "fail", "crashed" },
		{ "timeout", "fail", "timed out" }, { "error", "error", "not judged" },
		{ "known", "known", "known" },      { "pass", "pass", "passed" },
		{ "skip", "skip", "not tried" },
	};
	const json_t *counts = json_object_get(p->results, "counts");
	int scenarios = 0;

	for (size_t i = 0; i < p->rec->n_scenarios; i++)
		scenarios += html_scenario_is_judged(p, p->rec->scenarios[i].id);

	fputs("<p class=\"counts\">", p->out);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int count = (int)record_get_int(counts, names[i][0]);

		if (count > 0)
			html_put(p->out, "<span class=\"tag %s\">%d %s</span> ", names[i][1], count,
				 names[i][2]);
	}
	html_put(p->out, "<span>in %d scenario%s. Of the promises %d kept, %d broken", scenarios,
		 html_s(scenarios), n->kept, n->broken + n->known);
	if (n->unclear)
		html_put(p->out, ", %d not judged", n->unclear);
	if (n->not_tried)
		html_put(p->out, ", %d not exercised anywhere", n->not_tried);
	fputs(".</span></p>\n", p->out);
	if (!json_is_true(json_object_get(p->results, "complete")) && !find_aborted(p))
		html_put(p->out, "<p class=\"warn\">This run is not complete: %s</p>\n",
			 record_get_str(p->results, "stopped"));
}

static void put_fact(FILE *out, const char *name, const char *value)
{
	if (value && *value)
		html_put(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static const char *first_of(const json_t *meta, const char *const *keys)
{
	for (; *keys; keys++)
		if (*record_get_str(meta, *keys))
			return record_get_str(meta, *keys);
	return "";
}

static void put_facts(struct html_page *p)
{
	static const char *const command_line[] = { "cmdline", "command_line", NULL };
	static const char *const started[] = { "time", "started", NULL };
	const json_t *meta = p->rec->meta;
	const char *present = record_get_str(json_object_get(meta, "topology"), "present");
	_cleanup_free_ char *all = json_dumps(meta, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	char duration[32], cpus[CPULIST_TEXT];

	snprintf(duration, sizeof(duration), "%.1f s", (double)(p->ended - p->began) / 1e9);
	fputs("<dl class=\"facts\">\n", p->out);
	put_fact(p->out, "kernel", record_get_str(p->results, "kernel"));
	put_fact(p->out, "architecture", record_get_str(meta, "arch"));
	put_fact(p->out, "machine", record_get_str(meta, "machine"));
	put_fact(p->out, "CPUs", *present ? present : cpulist_format(&p->cpus, cpus, sizeof(cpus)));
	put_fact(p->out, "started", first_of(meta, started));
	put_fact(p->out, "lasted", duration);
	put_fact(p->out, "hotproof", record_get_str(meta, "version"));
	put_fact(p->out, "run", record_get_str(p->results, "run"));
	put_fact(p->out, "command line", first_of(meta, command_line));
	fputs("</dl>\n", p->out);
	if (all)
		html_put(
			p->out,
			"<details><summary>all that is known of the box</summary><pre class=\"json\">%s</pre></details>\n",
			all);
}

/* A known crash is told with the other crashes. */
static bool has_known_failure(const struct html_page *p)
{
	json_t *result;
	size_t i;

	json_array_foreach((json_t *)p->list, i, result)
		if (strcmp(html_mark_of(result).css, "known") == 0)
			return true;
	return false;
}

static void put_navigation(struct html_page *p)
{
	const json_t *counts = json_object_get(p->results, "counts");

	fputs("<nav aria-label=\"Sections\"><a href=\"#run\">The run</a><a href=\"#verdicts\">Promises</a>",
	      p->out);
	if (record_get_int(counts, "fail") > 0)
		fputs("<a href=\"#failures\">Broken promises</a>", p->out);
	if (has_known_failure(p))
		fputs("<a href=\"#known\">Known defects</a>", p->out);
	fputs("<a href=\"#untried\">Not exercised</a>", p->out);
	if (p->n_acts > 0)
		fputs("<a href=\"#acts\">Acts</a><a href=\"#disruption\">Disruption</a>", p->out);
	if (record_next(&p->observes, NULL, &(struct record_filter){ .what = "trace.steps" }))
		fputs("<a href=\"#cost\">Cost</a>", p->out);
	fputs("<a href=\"#claims\">Every promise</a><a href=\"#repeat\">Repeat</a></nav>\n",
	      p->out);
}

void html_head(struct html_page *p)
{
	struct promises n = count_promises(p);

	fputs("<header>\n", p->out);
	put_sentence(p, &n);
	put_counts(p, &n);
	html_broken(p);
	put_facts(p);
	fputs("</header>\n", p->out);
	put_navigation(p);
}
