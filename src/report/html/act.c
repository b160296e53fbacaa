// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The section of acts: those of claims that failed are open, the healthy ones are small pictures
 * that open where they stand. A picture that a failure shows already is a link here.
 */
#include <string.h>

#include "base/text.h"
#include "report/html/html.h"

/* Beyond these a page would be too heavy for a browser: the rest keeps its row in the table of
 * disruption. */
#define PICTURES_MAX 400
#define OPEN_MAX 12

/* Nearly all are files of CPUs: what tells them apart is the end. */
static const char *short_path(const char *path)
{
	static const char cpus[] = "sys/devices/system/cpu/";

	return text_starts(path, cpus) ? path + strlen(cpus) : path;
}

void html_act_name(FILE *out, const struct record_act *act)
{
	if (act->cpu >= 0 && strcmp(act->verb, "write"))
		html_put(out, "cpu%d %s", act->cpu, act->verb);
	else
		html_put(out, "write \"%s\" to %s", act->value, short_path(act->path));
}

/* Whether the packets' interrupt was really on the CPU that goes, and whether a loss would count.
 */
static void put_precondition(struct html_page *p, const struct html_act *act)
{
	record_foreach(line, &p->observes, .what = "irq.steered", .act = act->rec->id,
		       .tries = RECORD_ANY_TRY) {
		const json_t *data = record_data(line), *proven = json_object_get(data, "proven");

		html_put(p->out, "<span>irq %d (%s) led to cpu%d", (int)record_get_int(data, "irq"),
			 record_get_str(data, "name"), (int)record_get_int(data, "cpu"));
		if (json_is_false(proven))
			html_put(p->out, ": not proven, %s", record_get_str(data, "why"));
		fputs("</span>", p->out);
	}
	record_foreach(line, &p->observes, .what = "packet.window", .act = act->rec->id,
		       .tries = RECORD_ANY_TRY)
		if (json_is_false(json_object_get(record_data(line), "exercised")))
			html_put(p->out, "<span>losses not judged: %s</span>",
				 record_get_str(record_data(line), "why"));
}

static void put_figures(struct html_page *p, const struct html_act *act)
{
	FILE *out = p->out;

	html_put(out, "<span>at +%.2f s</span>", (double)(act->began - p->began) / 1e9);
	if (act->worst_gap)
		html_put(out, "<span>worst heartbeat gap <b>%s</b> on cpu%d</span>",
			 html_ms(act->worst_gap->to - act->worst_gap->from), act->worst_gap->cpu);
	if (act->n_sent > 0) {
		html_put(out, "<span>%d datagrams, <b class=\"%s\">%d lost</b>", act->n_sent,
			 act->n_lost ? "bad" : "", act->n_lost);
		if (act->n_twice)
			html_put(out, ", <b class=\"bad\">%d twice</b>", act->n_twice);
		fputs("</span>", out);
		html_put(out, "<span>longest silence <b>%s</b></span>", html_ms(act->silence_ns));
	}
	put_precondition(p, act);
	if (act->rtt_max >= 0)
		html_put(out, "<span>round trip %s, at most %s</span>", html_ms(act->rtt_median),
			 html_ms(act->rtt_max));
}

/* A second try may break a claim that held in the first: then no failure tells of it, and the
 * verdict stands. */
static void put_broken_link(struct html_page *p, const char *scenario, const char *claim)
{
	const json_t *result = html_result_find(p, scenario, claim);
	bool is_fail = strcmp(record_get_str(result, "verdict"), "fail") == 0;

	if (!result) {
		html_put(p->out, "<span class=\"bad\">✗ %s</span> ", claim);
		return;
	}
	html_put(p->out, "<a class=\"%s\" ",
		 json_is_object(json_object_get(result, "known")) ? "kn" : "bad");
	html_anchor(p->out, is_fail ? "href=\"#f-" : "href=\"#r-", scenario, claim);
	html_put(p->out, "\">✗ %s</a> ", claim);
}

/* The claims that this act broke, each a link to its failure. */
static void put_broken(struct html_page *p, const struct html_act *act)
{
	const char *last = "";

	record_foreach(line, &p->expects, .type = "expect", .act = act->rec->id,
		       .tries = RECORD_ANY_TRY) {
		const char *claim = record_str(line, "claim");

		if (strcmp(record_str(line, "result"), "unmet") || strcmp(claim, last) == 0)
			continue;
		last = claim;
		put_broken_link(p, line->scenario ? line->scenario : "run", claim);
	}
}

void html_act_figure(struct html_page *p, struct html_act *act)
{
	FILE *out = p->out;

	if (act->is_drawn) {
		html_put(out, "<p class=\"note\">Picture: <a href=\"#act-%d\">act %d</a>.</p>\n",
			 act->rec->id, act->rec->id);
		return;
	}
	act->is_drawn = true;
	html_put(out, "<figure class=\"act\" id=\"act-%d\"><figcaption><span class=\"an\">act %d: ",
		 act->rec->id, act->rec->id);
	html_act_name(out, act->rec);
	html_put(out, "</span><span>%s%s</span>", act->rec->scenario,
		 act->rec->is_alone ? ", second try" : "");
	put_figures(p, act);
	if (act->n_unmet)
		put_broken(p, act);
	fputs("</figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Timeline, scrolls sideways\">",
	      out);
	html_timeline(p, act);
	fputs("</div>\n", out);
	html_log_lines(p, act->from, act->to, act->began);
	fputs("</figure>\n", out);
}

static void put_summary(struct html_page *p, const struct html_act *act)
{
	FILE *out = p->out;

	html_put(out, "<span class=\"mt\"><b>%d</b> <span class=\"mn\">", act->rec->id);
	html_act_name(out, act->rec);
	fputs("</span>", out);
	if (act->n_unmet > act->n_known)
		fputs(" <b class=\"bad\">✗</b>", out);
	fputs("<span class=\"mr\">", out);
	if (!act->rec->done)
		fputs("never returned", out);
	else if (strcmp(act->rec->result, "OK"))
		html_put(out, "%s", act->rec->result);
	else
		html_put(out, act->rec->is_noop ? "no change" : "%s",
			 html_ms(act->ended - act->began));
	fputs("</span></span>", out);
	html_timeline_mini(p, act);
}

static void put_act(struct html_page *p, struct html_act *act, int *open)
{
	bool is_bad = act->n_unmet > act->n_known || !act->rec->done;

	if (act->is_drawn) {
		html_put(p->out, "<a class=\"m\" href=\"#act-%d\">", act->rec->id);
		put_summary(p, act);
		fputs("</a>\n", p->out);
		return;
	}
	fputs(is_bad && (*open)++ < OPEN_MAX ? "<details class=\"m\" open=\"open\"><summary>"
					     : "<details class=\"m\"><summary>",
	      p->out);
	put_summary(p, act);
	fputs("</summary>", p->out);
	html_act_figure(p, act);
	fputs("</details>\n", p->out);
}

static void put_group(struct html_page *p, const char *scenario, bool is_alone, int *drawn,
		      int *open)
{
	bool has_heading = false;

	for (size_t i = 0; i < p->n_acts; i++) {
		struct html_act *act = &p->acts[i];

		if (act->rec->is_alone != is_alone ||
		    strcmp(act->rec->scenario ? act->rec->scenario : "run", scenario))
			continue;
		if (!has_heading) {
			html_put(p->out, "<h3>%s%s</h3>\n<div class=\"acts\">\n", scenario,
				 is_alone ? ", second tries of what failed" : "");
			has_heading = true;
		}
		if ((*drawn)++ < PICTURES_MAX)
			put_act(p, act, open);
	}
	if (has_heading)
		fputs("</div>\n", p->out);
}

static void put_legend(FILE *out)
{
	fputs("<p class=\"legend\"><span><i class=\"on\"></i>online</span><span><i class=\"go\"></i>going, or coming</span>"
	      "<span><i class=\"off\"></i>offline</span><span><i class=\"wr\"></i>the write</span>"
	      "<span><i class=\"gap\"></i>no heartbeat</span><span><i class=\"irq\"></i>interrupts counted</span>"
	      "<span><i class=\"d\"></i>datagram: round trip by the time when it was sent</span>"
	      "<span><i class=\"lost\">✕</i>lost</span><span><i class=\"dup\"></i>came back twice</span></p>\n",
	      out);
}

void html_act_section(struct html_page *p)
{
	int drawn = 0, open = 0;

	if (p->n_acts == 0)
		return;
	fputs("<section id=\"acts\"><h2>Acts</h2>\n<p class=\"note\">Each write to the box's files, in ms from its start. Open a small picture "
	      "to see it large.",
	      p->out);
	if (p->log_ahead_ns != 0)
		html_put(
			p->out,
			" The kernel log's clock is %s %s the box's, give or take %s, as its own lines about CPUs show: its lines stand "
			"where they belong.",
			html_ms(p->log_ahead_ns < 0 ? -p->log_ahead_ns : p->log_ahead_ns),
			p->log_ahead_ns < 0 ? "behind" : "ahead of", html_ms(p->log_doubt_ns));
	fputs("</p>\n", p->out);
	put_legend(p->out);
	for (size_t i = 0; i < p->rec->n_scenarios; i++)
		for (int is_alone = 0; is_alone < 2; is_alone++)
			put_group(p, p->rec->scenarios[i].id, is_alone, &drawn, &open);
	if (drawn > PICTURES_MAX)
		html_put(
			p->out,
			"<p class=\"note\">%d more acts have no picture here: see the table of disruption.</p>\n",
			drawn - PICTURES_MAX);
	fputs("</section>\n", p->out);
}
