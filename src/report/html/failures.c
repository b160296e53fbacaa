// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What went wrong, with all that helps to find out why:
 * broken claims, what could not be judged, and known defects in a section of their own, never
 * hidden.
 */
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "report/html/html.h"

#define PICTURES_MAX 2 /* of one failure; further acts are open among the acts */
#define SENTENCES_MAX 6

void html_repeat_command(struct html_page *p, const char *scenario, const char *claim)
{
	_cleanup_free_ char *command = report_repeat(p->rec, scenario, claim);

	html_put(p->out,
		 "<p class=\"repeat\">Only this, once more:</p><pre class=\"cmd\">%s</pre>\n",
		 command);
}

static void put_alone(FILE *out, const char *alone)
{
	static const char *const words[][2] = {
		{ "fails",
		  "The second try, with only its own witness, failed too: it stands alone." },
		{ "passes",
		  "The second try, with only its own witness, passed: it takes the other witnesses, or chance." },
		{ "unexercised", "The second try, with only its own witness, exercised nothing." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(alone, words[i][0]) == 0)
			html_put(out, "<p class=\"alone\">%s</p>\n", words[i][1]);
}

static void put_unmet(struct html_page *p, const char *scenario, const char *claim)
{
	size_t n = 0;

	fputs("<ul class=\"unmet\">\n", p->out);
	record_foreach(line, &p->expects, .type = "expect", .scenario = scenario, .claim = claim) {
		const char *result = record_str(line, "result");
		struct html_act *act = html_act_find(p, (int)record_int(line, "act"));

		if ((strcmp(result, "unmet") && strcmp(result, "error")) || n++ >= SENTENCES_MAX)
			continue;
		fputs("<li>", p->out);
		if (act) {
			html_put(p->out, "<a href=\"#act-%d\">act %d, ", act->rec->id,
				 act->rec->id);
			html_act_name(p->out, act->rec);
			fputs("</a> ", p->out);
		}
		html_put(p->out, "%s</li>\n", record_str(line, "text"));
	}
	if (n > SENTENCES_MAX)
		html_put(p->out, "<li>and %zu more times</li>\n", n - SENTENCES_MAX);
	fputs("</ul>\n", p->out);
}

static void put_pictures(struct html_page *p, const json_t *result)
{
	const json_t *acts = json_object_get(result, "acts");
	size_t i;
	json_t *id;

	json_array_foreach((json_t *)acts, i, id) {
		struct html_act *act = html_act_find(p, (int)json_integer_value(id));

		if (act && i < PICTURES_MAX)
			html_act_figure(p, act);
	}
	if (json_array_size(acts) > PICTURES_MAX)
		html_put(
			p->out,
			"<p class=\"note\">%zu more of the acts broke it: see <a href=\"#acts\">Acts</a>.</p>\n",
			json_array_size(acts) - PICTURES_MAX);
}

/* Once for a claim that broke in several scenarios. */
static void put_meaning(struct html_page *p, const json_t *result)
{
	const char *claim = record_get_str(result, "claim");
	size_t i;
	json_t *other;

	json_array_foreach((json_t *)p->list, i, other) {
		const char *scenario = record_get_str(other, "scenario");

		if (other == result)
			break;
		if (strcmp(record_get_str(other, "claim"), claim) ||
		    html_rank(other) != html_rank(result))
			continue;
		html_anchor(p->out, "<p class=\"note\">What it means: see <a href=\"#f-", scenario,
			    claim);
		html_put(p->out, "\">the same in %s</a>.</p>\n", scenario);
		return;
	}
	fputs("<h4>What it means</h4>\n", p->out);
	html_claim_explain(p, claim);
}

void html_known(FILE *out, const json_t *known)
{
	if (!json_is_object(known))
		return;
	html_put(out, "<p class=\"alone\">Known defect <b>%s</b>: %s. ",
		 record_get_str(known, "id"), record_get_str(known, "summary"));
	html_put(out, "<span class=\"note\">%s</span></p>\n", record_get_str(known, "reference"));
}

static void put_claim_failure(struct html_page *p, const json_t *result)
{
	const char *scenario = record_get_str(result, "scenario"),
		   *claim = record_get_str(result, "claim");
	const json_t *known = json_object_get(result, "known");
	struct html_mark mark = html_mark_of(result);

	html_put(p->out, "<article class=\"failure %s\" ", mark.css);
	html_anchor(p->out, "id=\"f-", scenario, claim);
	html_put(p->out,
		 "\">\n<h3><span class=\"tag %s\">%s %s</span> %s <small>in %s</small></h3>\n",
		 mark.css, mark.symbol, mark.word, claim, scenario);
	html_put(p->out, "<p class=\"promise\">%s</p>\n", html_claim_summary(p, claim));
	html_known(p->out, known);
	put_unmet(p, scenario, claim);
	put_alone(p->out, record_get_str(result, "alone"));
	/* A known defect is told, and does not spread over the page: its acts are among the others.
	 */
	if (!json_is_object(known))
		put_pictures(p, result);
	fputs("<h4>Evidence</h4>\n", p->out);
	html_evidence(p, result);
	put_meaning(p, result);
	html_repeat_command(p, scenario, claim);
	fputs("</article>\n", p->out);
}

/* The same reason in one scenario: often one thing that went wrong for many claims. */
static bool is_same_error(const json_t *a, const json_t *b)
{
	return strcmp(record_get_str(b, "verdict"), "error") == 0 &&
	       strcmp(record_get_str(a, "scenario"), record_get_str(b, "scenario")) == 0 &&
	       strcmp(record_get_str(a, "why"), record_get_str(b, "why")) == 0;
}

static void put_error(struct html_page *p, size_t at)
{
	const json_t *result = json_array_get(p->list, at);
	const char *scenario = record_get_str(result, "scenario");

	for (size_t i = 0; i < at; i++)
		if (is_same_error(result, json_array_get(p->list, i)))
			return;
	html_put(
		p->out,
		"<article class=\"failure error\"><h3><span class=\"tag error\">? error</span> %s</h3>\n",
		scenario);
	html_put(p->out, "<ul class=\"unmet\"><li>%s</li></ul>\n<p class=\"note\">",
		 record_get_str(result, "why"));
	for (size_t i = at; i < json_array_size(p->list); i++) {
		const json_t *other = json_array_get(p->list, i);
		const char *claim = record_get_str(other, "claim");

		if (!is_same_error(result, other))
			continue;
		html_anchor(p->out, "<a id=\"f-", scenario, claim);
		html_anchor(p->out, "\" href=\"#r-", scenario, claim);
		html_put(p->out, "\">%s</a> ", claim);
	}
	fputs("</p>\n", p->out);
	html_evidence(p, result);
	html_repeat_command(p, scenario, NULL);
	fputs("</article>\n", p->out);
}

/* All failures of one colour; the heading only when there is one. */
static void put_section(struct html_page *p, const char *css, const char *id, const char *heading)
{
	bool is_begun = false;
	size_t i;
	json_t *result;

	json_array_foreach((json_t *)p->list, i, result) {
		const char *verdict = record_get_str(result, "verdict");

		if (strcmp(html_mark_of(result).css, css) || strcmp(verdict, "crash") == 0 ||
		    strcmp(verdict, "timeout") == 0)
			continue;
		if (!is_begun)
			html_put(p->out, "<section id=\"%s\"><h2>%s</h2>\n", id, heading);
		is_begun = true;
		if (strcmp(css, "error") == 0)
			put_error(p, i);
		else
			put_claim_failure(p, result);
	}
	if (is_begun)
		fputs("</section>\n", p->out);
}

void html_failures(struct html_page *p)
{
	html_aborted(p);
	put_section(p, "fail", "failures", "Broken promises");
	put_section(p, "error", "errors", "Could not be judged");
	put_section(p, "known", "known", "Known defects of this kernel");
}
