// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The quiet sections: what was not exercised and why, the table of disruption, and how to repeat
 * the run.
 */
#include <string.h>

#include "base/cleanup.h"
#include "report/html/html.h"

/* Skipped for the same reason in the same scenario: often one need that many claims have. */
static bool is_same_skip(const json_t *a, const json_t *b)
{
	return strcmp(record_get_str(b, "verdict"), "skip") == 0 &&
	       strcmp(record_get_str(a, "scenario"), record_get_str(b, "scenario")) == 0 &&
	       strcmp(record_get_str(a, "kind"), record_get_str(b, "kind")) == 0 &&
	       strcmp(record_get_str(a, "why"), record_get_str(b, "why")) == 0;
}

static void put_untried_row(struct html_page *p, size_t at)
{
	const json_t *result = json_array_get(p->list, at);

	for (size_t i = 0; i < at; i++)
		if (is_same_skip(result, json_array_get(p->list, i)))
			return;
	html_put(p->out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>",
		 record_get_str(result, "scenario"), html_mark_of(result).word,
		 record_get_str(result, "why"));
	for (size_t i = at; i < json_array_size(p->list); i++) {
		const json_t *other = json_array_get(p->list, i);

		if (!is_same_skip(result, other))
			continue;
		html_anchor(p->out, "<a href=\"#r-", record_get_str(other, "scenario"),
			    record_get_str(other, "claim"));
		html_put(p->out, "\">%s</a> ", record_get_str(other, "claim"));
	}
	fputs("</td></tr>\n", p->out);
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
			      "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Not exercised\"><table class=\"plain untried\"><thead><tr>"
			      "<th scope=\"col\">in</th><th scope=\"col\">kind</th><th scope=\"col\">why</th><th scope=\"col\">claims</th></tr></thead><tbody>\n",
			      p->out);
		put_untried_row(p, i);
	}
	if (n > 0)
		fputs("</tbody></table></div></details>\n", p->out);
	else
		fputs("<p>No promise was skipped in what was run.</p>\n", p->out);
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

/* The worst of each column, for the bars. */
struct worst {
	int64_t write, gap, silence, rtt, witnesses;
};

static void put_act_row(struct html_page *p, const struct html_act *a, const struct worst *worst)
{
	html_put(p->out, "<tr class=\"%s\"><td class=\"num\"><a href=\"#act-%d\">%d</a></td><td>",
		 a->n_unmet > a->n_known ? "bad" : "", a->rec->id, a->rec->id);
	html_act_name(p->out, a->rec);
	html_put(p->out, "</td><td>%s%s</td>", a->rec->done ? a->rec->result : "never returned",
		 a->rec->is_noop && strcmp(a->rec->verb, "write") ? ", no change" : "");
	put_bar(p->out, a->rec->done ? a->ended - a->began : -1, worst->write);
	put_bar(p->out, gap_of(a), worst->gap);
	fputs("<td>", p->out);
	if (a->worst_gap)
		html_put(p->out, "cpu%d", a->worst_gap->cpu);
	fputs("</td>", p->out);
	put_bar(p->out, a->n_sent ? a->silence_ns : -1, worst->silence);
	put_bar(p->out, a->rtt_median, worst->rtt);
	put_bar(p->out, a->rtt_max, worst->rtt);
	if (a->n_sent)
		html_put(p->out, "<td class=\"num %s\">%d of %d</td>", a->n_lost ? "bad" : "",
			 a->n_lost, a->n_sent);
	else
		fputs("<td></td>", p->out);
	put_bar(p->out, a->witnesses_ns, worst->witnesses);
	fputs("</tr>\n", p->out);
}

/* The noise of the box when nothing was done to it: what the figures have to be compared with. */
static void put_baseline(struct html_page *p, const char *scenario)
{
	record_foreach(line, &p->observes, .what = "noise.baseline", .scenario = scenario) {
		const json_t *data = record_data(line), *cpus = json_object_get(data, "cpus");
		const char *cpu, *comma = "";
		json_t *worst;

		html_put(p->out, " <small>without any act: worst gap %.1f ms",
			 json_number_value(json_object_get(data, "worst_ms")));
		json_object_foreach((json_t *)cpus, cpu, worst) {
			html_put(p->out, "%scpu%s %.1f", *comma ? comma : " (", cpu,
				 json_number_value(worst));
			comma = ", ";
		}
		fputs(*comma ? ")</small>" : "</small>", p->out);
	}
}

static struct worst find_worst(const struct html_page *p)
{
	struct worst w = { 0 };

	for (size_t i = 0; i < p->n_acts; i++) {
		const struct html_act *a = &p->acts[i];

#define WORSE(field, value) (w.field = (value) > w.field ? (value) : w.field)
		WORSE(write, a->rec->done ? a->ended - a->began : 0);
		WORSE(gap, gap_of(a));
		WORSE(silence, a->silence_ns);
		WORSE(rtt, a->rtt_max);
		WORSE(witnesses, a->witnesses_ns);
#undef WORSE
	}
	return w;
}

static void put_scenario_rows(struct html_page *p, const char *scenario, bool is_alone,
			      const struct worst *worst)
{
	bool is_begun = false;

	for (size_t i = 0; i < p->n_acts; i++) {
		const struct record_act *act = p->acts[i].rec;

		if (act->is_alone != is_alone ||
		    strcmp(act->scenario ? act->scenario : "run", scenario))
			continue;
		if (!is_begun) {
			html_put(p->out, "<tbody><tr><th scope=\"rowgroup\" colspan=\"11\">%s%s",
				 scenario, is_alone ? ", second tries" : "");
			if (!is_alone)
				put_baseline(p, scenario);
			fputs("</th></tr>\n", p->out);
		}
		is_begun = true;
		put_act_row(p, &p->acts[i], worst);
	}
	if (is_begun)
		fputs("</tbody>\n", p->out);
}

void html_disruption(struct html_page *p)
{
	struct worst worst = find_worst(p);

	if (p->n_acts == 0)
		return;
	fputs("<section id=\"disruption\"><h2>Disruption</h2>\n"
	      "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table of disruption, scrolls sideways\"><table class=\"plain disruption\"><thead><tr>"
	      "<th scope=\"col\">act</th><th scope=\"col\">what</th><th scope=\"col\">result</th>"
	      "<th scope=\"col\">write took</th><th scope=\"col\">worst heartbeat gap</th><th scope=\"col\">on</th>"
	      "<th scope=\"col\">longest silence</th><th scope=\"col\">median round trip</th><th scope=\"col\">worst round trip</th>"
	      "<th scope=\"col\">lost</th><th scope=\"col\">witnesses took</th></tr></thead>\n",
	      p->out);
	for (size_t i = 0; i < p->rec->n_scenarios; i++)
		for (int is_alone = 0; is_alone < 2; is_alone++)
			put_scenario_rows(p, p->rec->scenarios[i].id, is_alone, &worst);
	fputs("</table></div>\n<p class=\"note\">Datagrams are counted from the write to the end of the act's picture. A silence is the longest time "
	      "in which something was under way and no answer came.</p>\n</section>\n",
	      p->out);
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
