// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict table, scenario by claim, and how a verdict is shown: symbol, word and colour, so
 * that neither colour nor script is needed. It shows results.json and derives nothing.
 */
#include <string.h>

#include "base/cleanup.h"
#include "report/html/html.h"

static const struct {
	const char *verdict, *kind;
	struct html_mark mark;
} marks[] = {
	{ "pass", "", { "pass", "✓", "pass" } },
	{ "fail", "known", { "known", "✗", "known" } },
	{ "fail", "", { "fail", "✗", "FAIL" } },
	{ "skip", "need", { "skip", "–", "need" } },
	{ "skip", "limit", { "skip", "–", "limit" } },
	{ "skip", "", { "skip", "–", "not tried" } },
	{ "error", "", { "error", "?", "error" } },
	{ "timeout", "", { "fail", "◷", "TIMEOUT" } },
	{ "crash", "", { "fail", "†", "CRASH" } },
};

struct html_mark html_mark_of(const json_t *result)
{
	const char *verdict = record_get_str(result, "verdict"),
		   *kind = record_get_str(result, "kind");

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strcmp(marks[i].verdict, verdict) == 0 &&
		    (*marks[i].kind == '\0' || strcmp(marks[i].kind, kind) == 0))
			return marks[i].mark;
	return (struct html_mark){ "error", "?", "unknown" };
}

const json_t *html_result_find(const struct html_page *p, const char *scenario, const char *claim)
{
	size_t i;
	json_t *result;

	json_array_foreach((json_t *)p->list, i, result)
		if (strcmp(record_get_str(result, "scenario"), scenario) == 0 &&
		    strcmp(record_get_str(result, "claim"), claim) == 0)
			return result;
	return NULL;
}

const char *html_claim_summary(const struct html_page *p, const char *claim)
{
	return record_get_str(record_declared(p->rec, "claims", claim), "summary");
}

/* "irq" of "irq.rerouted" */
static size_t subject_length(const char *claim)
{
	return strcspn(claim, ".");
}

bool html_claim_is_first(const struct html_page *p, size_t at)
{
	const char *claim = record_get_str(json_array_get(p->list, at), "claim");

	for (size_t i = 0; i < at; i++)
		if (strcmp(record_get_str(json_array_get(p->list, i), "claim"), claim) == 0)
			return false;
	return true;
}

bool html_scenario_is_judged(const struct html_page *p, const char *scenario)
{
	size_t i;
	json_t *result;

	json_array_foreach((json_t *)p->list, i, result)
		if (strcmp(record_get_str(result, "scenario"), scenario) == 0)
			return true;
	return false;
}

static void put_cell(struct html_page *p, const char *scenario, const char *claim)
{
	const json_t *result = html_result_find(p, scenario, claim);
	struct html_mark mark = html_mark_of(result);
	int expected = (int)record_get_int(result, "expected"),
	    exercised = (int)record_get_int(result, "exercised");
	bool is_failure = strcmp(mark.css, "pass") && strcmp(mark.css, "skip");
	FILE *out = p->out;

	if (!result) {
		fputs("<td class=\"none\" title=\"not watched in this scenario\">·</td>", out);
		return;
	}
	html_put(out, "<td class=\"%s\"><a href=\"", mark.css);
	/* One failure section tells of a crash or a timeout of the scenario as a whole. */
	if (mark.symbol[0] != '?' && is_failure &&
	    strcmp(record_get_str(result, "verdict"), "fail"))
		html_anchor(out, "#x-", scenario, NULL);
	else
		html_anchor(out, is_failure ? "#f-" : "#r-", scenario, claim);
	html_put(out, "\" title=\"%s in %s: %s\">", claim, scenario, record_get_str(result, "why"));
	html_put(out, "<span aria-hidden=\"true\">%s</span> %s", mark.symbol, mark.word);
	if (strcmp(mark.css, "pass") == 0)
		html_put(out,
			 exercised == expected ? " <small>%d</small>" : " <small>%d/%d</small>",
			 exercised, expected);
	fputs("</a></td>", out);
}

static void put_row(struct html_page *p, const char *claim)
{
	FILE *out = p->out;

	html_anchor(out, "<tr><th scope=\"row\"><div><a href=\"#c-", claim, NULL);
	html_put(out, "\">%s</a><span>%s</span></div></th>", claim, html_claim_summary(p, claim));
	for (size_t i = 0; i < p->rec->n_scenarios; i++)
		if (html_scenario_is_judged(p, p->rec->scenarios[i].id))
			put_cell(p, p->rec->scenarios[i].id, claim);
	fputs("</tr>\n", out);
}

static void put_subject(struct html_page *p, const char *first)
{
	size_t len = subject_length(first), i;
	json_t *result;

	fputs("<tbody>\n", p->out);
	json_array_foreach((json_t *)p->list, i, result) {
		const char *claim = record_get_str(result, "claim");

		if (subject_length(claim) == len && strncmp(claim, first, len) == 0 &&
		    html_claim_is_first(p, i))
			put_row(p, claim);
	}
	fputs("</tbody>\n", p->out);
}

static bool is_first_of_subject(const struct html_page *p, size_t at)
{
	const char *claim = record_get_str(json_array_get(p->list, at), "claim");
	size_t len = subject_length(claim);

	for (size_t i = 0; i < at; i++) {
		const char *other = record_get_str(json_array_get(p->list, i), "claim");

		if (subject_length(other) == len && strncmp(other, claim, len) == 0)
			return false;
	}
	return true;
}

void html_table(struct html_page *p)
{
	FILE *out = p->out;
	json_t *result;
	size_t i;

	if (json_array_size(p->list) == 0) {
		fputs("<section id=\"verdicts\"><h2>Promises</h2><p>There is no verdict: no scenario was begun.</p></section>\n",
		      out);
		return;
	}
	fputs("<section id=\"verdicts\"><h2>Promises</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
	      "aria-label=\"Verdict table, scrolls sideways\"><table class=\"verdicts\"><thead><tr><th scope=\"col\">claim</th>",
	      out);
	for (i = 0; i < p->rec->n_scenarios; i++) {
		const char *id = p->rec->scenarios[i].id;

		if (!html_scenario_is_judged(p, id))
			continue;
		html_put(out, "<th scope=\"col\" title=\"%s\">%s</th>",
			 record_get_str(record_declared(p->rec, "scenarios", id), "summary"), id);
	}
	fputs("</tr></thead>\n", out);
	json_array_foreach((json_t *)p->list, i, result)
		if (is_first_of_subject(p, i))
			put_subject(p, record_get_str(result, "claim"));
	fputs("</table></div>\n<p class=\"note\">The number beside a pass counts the comparisons that were really made (of how many that "
	      "were wanted). Each cell leads to its details.</p>\n</section>\n",
	      out);
}
