// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The quiet sections: what was not exercised and why, the table of disruption, and how to repeat
 * the run.
 */
#include <string.h>

#include "base/cleanup.h"
#include "report/html/html.h"

/* The same claim skipped for the same reason in several scenarios is one row. */
static bool is_same_skip(const json_t *a, const json_t *b)
{
	return strcmp(record_get_str(b, "verdict"), "skip") == 0 &&
	       strcmp(record_get_str(a, "claim"), record_get_str(b, "claim")) == 0 &&
	       strcmp(record_get_str(a, "kind"), record_get_str(b, "kind")) == 0 &&
	       strcmp(record_get_str(a, "why"), record_get_str(b, "why")) == 0;
}

static void put_untried_row(struct html_page *p, size_t at)
{
	const json_t *result = json_array_get(p->list, at);
	const char *comma = "";

	for (size_t i = 0; i < at; i++)
		if (is_same_skip(result, json_array_get(p->list, i)))
			return;
	html_anchor(p->out, "<tr><th scope=\"row\"><a href=\"#c-", record_get_str(result, "claim"),
		    NULL);
	html_put(p->out, "\">%s</a></th><td>%s</td><td>", record_get_str(result, "claim"),
		 html_mark_of(result).word);
	for (size_t i = at; i < json_array_size(p->list); i++)
		if (is_same_skip(result, json_array_get(p->list, i))) {
			html_put(p->out, "%s%s", comma,
				 record_get_str(json_array_get(p->list, i), "scenario"));
			comma = ", ";
		}
	html_put(p->out, "</td><td>%s</td></tr>\n", record_get_str(result, "why"));
}

void html_untried(struct html_page *p)
{
	const json_t *not_run = json_object_get(p->results, "not_run");
	size_t i, n = 0;
	json_t *result;

	fputs("<section id=\"untried\"><h2>Not exercised</h2>\n", p->out);
	json_array_foreach((json_t *)not_run, i, result)
		html_put(p->out, "<p class=\"warn\">Scenario <b>%s</b> was not begun.</p>\n",
			 json_string_value(result));
	json_array_foreach((json_t *)p->list, i, result) {
		if (strcmp(record_get_str(result, "verdict"), "skip"))
			continue;
		if (n++ == 0)
			fputs("<details open=\"open\"><summary>A promise that was not put to the test is neither kept nor broken</summary>"
			      "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Not exercised\"><table class=\"plain\"><thead><tr>"
			      "<th scope=\"col\">claim</th><th scope=\"col\">kind</th><th scope=\"col\">in</th><th scope=\"col\">why</th></tr></thead><tbody>\n",
			      p->out);
		put_untried_row(p, i);
	}
	if (n > 0)
		fputs("</tbody></table></div></details>\n", p->out);
	else
		fputs("<p>Every promise was put to the test in every scenario.</p>\n", p->out);
	fputs("</section>\n", p->out);
}

/* A cell with a bar under its figure, in proportion to the worst of the column. */
static void put_bar(FILE *out, int64_t ns, int64_t worst)
{
	if (ns < 0) {
		fputs("<td></td>", out);
		return;
	}
	html_put(out, "<td class=\"num\">%s<i style=\"width:%.0f%%\"></i></td>", html_ms(ns),
		 worst > 0 ? 100.0 * (double)ns / (double)worst : 0);
}

static int64_t gap_of(const struct html_act *a)
{
	return a->worst_gap ? a->worst_gap->to - a->worst_gap->from : -1;
}

static void put_act_row(struct html_page *p, const struct html_act *a, const struct html_act *worst)
{
	const char *result = a->rec->done ? a->rec->result : "never returned";

	html_put(p->out, "<tr class=\"%s\"><td class=\"num\"><a href=\"#act-%d\">%d</a></td><td>",
		 a->n_unmet > a->n_known ? "bad" : "", a->rec->id, a->rec->id);
	html_act_name(p->out, a->rec);
	html_put(p->out, "</td><td>%s%s</td><td>%s</td>", a->rec->scenario,
		 a->rec->is_alone ? " (again)" : "", result);
	put_bar(p->out, a->rec->done ? a->ended - a->began : -1, worst->ended);
	put_bar(p->out, gap_of(a), worst->began);
	fputs("<td>", p->out);
	if (a->worst_gap)
		html_put(p->out, "cpu%d", a->worst_gap->cpu);
	fputs("</td>", p->out);
	put_bar(p->out, a->n_sent ? a->silence_ns : -1, worst->silence_ns);
	put_bar(p->out, a->rtt_median, worst->rtt_max);
	put_bar(p->out, a->rtt_max, worst->rtt_max);
	if (a->n_sent)
		html_put(p->out, "<td class=\"num%s\">%d of %d</td>", a->n_lost ? " bad" : "",
			 a->n_lost, a->n_sent);
	else
		fputs("<td></td>", p->out);
	put_bar(p->out, a->witnesses_ns, worst->witnesses_ns);
	fputs("</tr>\n", p->out);
}

static void put_baseline(struct html_page *p)
{
	record_foreach(line, p->rec, .what = "noise.baseline", .tries = RECORD_ANY_TRY)
	{
		_cleanup_free_ char *text = json_dumps(record_data(line), JSON_PRESERVE_ORDER);

		html_put(p->out, "<p class=\"note\">Without any act (%s): <code>%s</code></p>\n",
			 line->scenario, text);
	}
}

void html_disruption(struct html_page *p)
{
	/* The worst of each column: `ended` holds the longest write, `began` the longest gap. */
	struct html_act worst = { 0 };

	if (p->n_acts == 0)
		return;
	for (size_t i = 0; i < p->n_acts; i++) {
		const struct html_act *a = &p->acts[i];

#define WORSE(field, value) (worst.field = (value) > worst.field ? (value) : worst.field)
		WORSE(ended, a->rec->done ? a->ended - a->began : 0);
		WORSE(began, gap_of(a));
		WORSE(silence_ns, a->silence_ns);
		WORSE(rtt_max, a->rtt_max);
		WORSE(witnesses_ns, a->witnesses_ns);
#undef WORSE
	}
	fputs("<section id=\"disruption\"><h2>Disruption</h2>\n", p->out);
	put_baseline(p);
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table of disruption, scrolls sideways\"><table class=\"plain disruption\"><thead><tr>"
	      "<th scope=\"col\">act</th><th scope=\"col\">what</th><th scope=\"col\">scenario</th><th scope=\"col\">result</th>"
	      "<th scope=\"col\">write took</th><th scope=\"col\">worst heartbeat gap</th><th scope=\"col\">on</th>"
	      "<th scope=\"col\">longest silence</th><th scope=\"col\">median round trip</th><th scope=\"col\">worst round trip</th>"
	      "<th scope=\"col\">lost</th><th scope=\"col\">witnesses took</th></tr></thead><tbody>\n",
	      p->out);
	for (size_t i = 0; i < p->n_acts; i++)
		put_act_row(p, &p->acts[i], &worst);
	fputs("</tbody></table></div>\n</section>\n", p->out);
}

void html_repeat(struct html_page *p)
{
	_cleanup_free_ char *command = report_repeat(p->rec, NULL, NULL);
	const char *run = record_get_str(p->results, "run");

	fputs("<section id=\"repeat\"><h2>Repeat</h2>\n", p->out);
	html_put(p->out, "<p>All of it, once more:</p><pre class=\"cmd\">%s</pre>\n", command);
	html_put(
		p->out,
		"<p>The verdicts and this page follow from the run's files alone:</p><pre class=\"cmd\">hotproof judge %s\nhotproof report %s --format=html</pre>\n",
		run, run);
	fputs("</section>\n", p->out);
}
