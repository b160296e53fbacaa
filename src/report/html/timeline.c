// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The picture of one act: a lane per CPU with its state, heartbeat gaps and interrupts; the write
 * as a band through all of it; below them the round trips of packets and the kernel log, on one
 * axis in ms from the write. Every mark has a <title>.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "report/html/html.h"

#define WIDTH 1060
#define PACKETS_HEIGHT 72
#define LOG_HEIGHT 16
#define HEAD_HEIGHT 20
#define AXIS_HEIGHT 18
#define MINI_WIDTH 230
#define MINI_LANE 8
#define MINI_PACKETS 22

double html_x(const struct html_chart *c, int64_t t)
{
	double share;

	/* The last state of a CPU lasts until INT64_MAX: cut before anything is subtracted. */
	t = t < c->from ? c->from : t > c->to ? c->to : t;
	share = (double)(t - c->from) / (double)(c->to - c->from);
	return c->left + share * (c->right - c->left);
}

static void draw_axis(const struct html_chart *c, double top, double y)
{
	static const int steps[] = { 5,    10,   20,   50,    100,   200,  500,
				     1000, 2000, 5000, 10000, 20000, 50000 };
	int64_t step = steps[ARRAY_SIZE(steps) - 1] * NS_PER_MS, first, unit;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if ((c->to - c->from) / (steps[i] * NS_PER_MS) <= 12) {
			step = steps[i] * NS_PER_MS;
			break;
		}
	/* An act that hung for hours, or a journal that says so. */
	while ((c->to - c->from) / step > 12)
		step *= 10;
	unit = step % NS_PER_S ? NS_PER_MS : NS_PER_S;
	first = (c->from - c->zero) / step * step;
	for (int64_t t = first; t <= c->to - c->zero; t += step) {
		double x;

		if (c->zero + t < c->from)
			continue;
		x = html_x(c, c->zero + t);
		html_put(
			c->out,
			"<path class=\"%s\" d=\"M%.1f %.1fV%.1f\"/><text class=\"a\" x=\"%.1f\" y=\"%.1f\">%ld</text>",
			t == 0 ? "z" : "g", x, top, y, x, y + 13, (long)(t / unit));
	}
	html_put(c->out, "<text class=\"l\" x=\"%.1f\" y=\"%.1f\">%s</text>", c->left - 8, y + 13,
		 unit == NS_PER_S ? "s" : "ms");
}

/* The write: a band behind everything, and its words above. */
static void draw_write(const struct html_chart *c, const struct html_act *act, double y)
{
	double x0 = html_x(c, act->began), x1 = html_x(c, act->ended), middle = (x0 + x1) / 2;
	const struct record_act *rec = act->rec;

	html_put(c->out, "<rect class=\"wr\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%.1f\"/>",
		 x0, HEAD_HEIGHT - 2, x1 - x0 < 1.5 ? 1.5 : x1 - x0, y - HEAD_HEIGHT + 2);
	if (middle < c->left + 150)
		middle = c->left + 150;
	if (middle > c->right - 150)
		middle = c->right - 150;
	html_put(c->out, "<text class=\"wl\" x=\"%.1f\" y=\"%d\">write \"%s\": ", middle,
		 HEAD_HEIGHT - 7, rec->value);
	if (!rec->done)
		fputs("never returned</text>", c->out);
	else
		html_put(c->out, "%s after %s</text>", rec->result,
			 html_ms(act->ended - act->began));
}

static void draw_log(const struct html_chart *c, double y)
{
	double last_x[] = { -9, -9 };
	html_put(c->out, "<text class=\"l\" x=\"%.1f\" y=\"%.1f\">log</text>", c->left - 8,
		 y + LOG_HEIGHT - 4);
	for (size_t i = 0; i < c->page->n_logs; i++) {
		const struct html_log *log = &c->page->logs[i];

		if (log->t < c->from || log->t > c->to)
			continue;
		/* A flood of lines is one thick mark; one of trouble is covered by none but its
		 * like. */
		if (html_x(c, log->t) - last_x[log->is_bad] < 0.5)
			continue;
		last_x[log->is_bad] = html_x(c, log->t);
		html_put(
			c->out,
			"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\"><title>%s</title></rect>",
			log->is_bad ? "k bad" : "k", html_x(c, log->t) - 1, y + 2,
			log->is_bad ? 3 : 2, LOG_HEIGHT - 5, log->text);
	}
}

static bool has_logs(const struct html_page *p, const struct html_act *act)
{
	for (size_t i = 0; i < p->n_logs; i++)
		if (p->logs[i].t >= act->from && p->logs[i].t <= act->to)
			return true;
	return false;
}

static void describe(struct html_page *p, const struct html_act *act)
{
	html_put(p->out, "aria-label=\"Timeline of act %d", act->rec->id);
	if (act->worst_gap)
		html_put(p->out, "; worst heartbeat gap %s on cpu%d",
			 html_ms(act->worst_gap->to - act->worst_gap->from), act->worst_gap->cpu);
	if (act->n_sent > 0)
		html_put(p->out, "; %d datagrams, %d lost, longest silence %s", act->n_sent,
			 act->n_lost, html_ms(act->silence_ns));
	fputs("\"", p->out);
}

/* The box said nothing after this: no lane may look as if it went on. */
static void draw_unknown(const struct html_chart *c, double bottom)
{
	double x = html_x(c, c->known);

	html_put(c->out, "<path class=\"z\" d=\"M%.1f %dV%.1f\"/>", x, HEAD_HEIGHT, bottom);
	if (x + 220 < c->right)
		html_put(
			c->out,
			"<text class=\"n\" x=\"%.1f\" y=\"%.1f\">nothing more is known of the box</text>",
			x + 8, (HEAD_HEIGHT + bottom) / 2);
}

static struct html_chart chart_of(struct html_page *p, const struct html_act *act, double left,
				  double right)
{
	return (struct html_chart){ .page = p,
				    .out = p->out,
				    .zero = act->began,
				    .from = act->from,
				    .to = act->to,
				    .left = left,
				    .right = right,
				    .known = act->rec->done ? 0 : act->ended };
}

void html_timeline(struct html_page *p, const struct html_act *act)
{
	struct html_chart c = chart_of(p, act, 62, WIDTH - 92);
	struct cpulist lanes = html_lanes_choose(&c, act);
	int n_lanes = cpulist_count(&lanes);
	bool is_cut = cpulist_count(&p->cpus) > n_lanes, is_logged = has_logs(p, act);
	double bottom = HEAD_HEIGHT + n_lanes * HTML_LANE_HEIGHT + (is_cut ? 18 : 0) + 4,
	       packets = bottom;

	if (act->n_packets > 0)
		bottom += PACKETS_HEIGHT + 6;
	if (is_logged)
		bottom += LOG_HEIGHT;
	html_put(
		p->out,
		"<svg class=\"tl\" viewBox=\"0 0 %d %.0f\" role=\"img\" data-act=\"%d\" data-from=\"%.2f\" "
		"data-to=\"%.2f\" data-left=\"%.0f\" data-right=\"%.0f\" ",
		WIDTH, bottom + AXIS_HEIGHT, act->rec->id, (double)(c.from - c.zero) / 1e6,
		(double)(c.to - c.zero) / 1e6, c.left, c.right);
	describe(p, act);
	fputs(">\n", p->out);
	draw_write(&c, act, bottom);
	draw_axis(&c, HEAD_HEIGHT - 2, bottom);
	html_lanes(&c, act, HEAD_HEIGHT);
	if (act->n_packets > 0)
		html_packets(&c, packets, PACKETS_HEIGHT);
	if (is_logged)
		draw_log(&c, bottom - LOG_HEIGHT);
	if (c.known > 0)
		draw_unknown(&c, packets - 4);
	fputs("\n</svg>\n", p->out);
}

/* The same in a few square centimetres and without words: states, gaps, and the slowest round trip
 * of each column. */
void html_timeline_mini(struct html_page *p, const struct html_act *act)
{
	struct html_chart c = chart_of(p, act, 2, MINI_WIDTH - 2);
	struct cpulist lanes = html_lanes_choose(&c, act);
	double y = 2, height = cpulist_count(&lanes) * MINI_LANE + 4 +
			       (act->n_packets > 0 ? MINI_PACKETS : 0);

	html_put(p->out, "<svg class=\"mini\" viewBox=\"0 0 %d %.0f\" aria-hidden=\"true\">",
		 MINI_WIDTH, height);
	html_put(p->out, "<rect class=\"wr\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%.0f\"/>",
		 html_x(&c, act->began), html_x(&c, act->ended) - html_x(&c, act->began) + 1,
		 height);
	cpulist_foreach(cpu, &lanes) {
		html_lane_states(&c, cpu, y, MINI_LANE - 3, false);
		html_lane_gaps(&c, cpu, y, MINI_LANE - 3, false);
		y += MINI_LANE;
	}
	if (act->n_packets > 0)
		html_packets_mini(&c, y, MINI_PACKETS);
	fputs("</svg>", p->out);
}
