// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole run as one strip: scenarios, CPUs over time, acts as links to their pictures, the worst
 * heartbeat gap and the worst round trip of each column.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "report/html/html.h"

#define WIDTH 1060
#define LEFT 62
#define COLUMNS 330 /* of 3 units each */
#define SCENARIO_HEIGHT 18
#define CPU_HEIGHT 7
#define CPUS_MAX 32
#define BARS_HEIGHT 34
#define ACTS_HEIGHT 16

struct columns {
	int64_t worst[COLUMNS];
	int lost[COLUMNS];
	int64_t top;
};

static int column_of(const struct html_chart *c, int64_t t)
{
	int i = (int)((double)(t - c->from) / (double)(c->to - c->from) * COLUMNS);

	return i < 0 ? 0 : i >= COLUMNS ? COLUMNS - 1 : i;
}

static void put_label(const struct html_chart *c, double y, const char *text)
{
	html_put(c->out, "<text class=\"l\" x=\"%.0f\" y=\"%.1f\">%s</text>", c->left - 8, y, text);
}

static void draw_scenarios(const struct html_chart *c)
{
	for (size_t i = 0; i < c->page->rec->n_scenarios; i++) {
		const struct record_scenario *s = &c->page->rec->scenarios[i];
		double x0, x1;

		if (!s->begin)
			continue;
		x0 = html_x(c, s->begin->t);
		x1 = html_x(c, s->end ? s->end->t : c->to);
		html_put(
			c->out,
			"<rect class=\"sc\" x=\"%.1f\" y=\"1\" width=\"%.1f\" height=\"%d\"><title>%s</title></rect>",
			x0, x1 - x0 < 1 ? 1 : x1 - x0, SCENARIO_HEIGHT - 4, s->id);
		if (x1 - x0 > 7 * (double)strlen(s->id))
			html_put(c->out, "<text class=\"sw\" x=\"%.1f\" y=\"%d\">%s</text>", x0 + 4,
				 SCENARIO_HEIGHT - 7, s->id);
	}
}

/* Only what is not online is drawn over a ground that is: on a big box the page stays small. */
static void draw_cpu(const struct html_chart *c, int cpu, double y)
{
	static const char *const css[] = { "on", "go", "off", "co" };
	struct html_span span;
	size_t cursor = 0;

	html_put(c->out, "<rect class=\"on\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
		 c->left, y, c->right - c->left, CPU_HEIGHT - 2);
	while (html_cpu_next(c->page, cpu, &cursor, &span)) {
		double x0 = html_x(c, span.from), x1 = html_x(c, span.to);

		if (span.state == HTML_OFFLINE)
			html_put(
				c->out,
				"<rect class=\"gone\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
				x0, y, x1 - x0, CPU_HEIGHT - 2);
		if (span.state != HTML_ONLINE)
			html_put(
				c->out,
				"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"><title>cpu%d</title></rect>",
				css[span.state], x0, y, x1 - x0 < 1 ? 1 : x1 - x0, CPU_HEIGHT - 2,
				cpu);
	}
}

static double draw_cpus(const struct html_chart *c, double y)
{
	int n = 0, count = cpulist_count(&c->page->cpus);

	cpulist_foreach(cpu, &c->page->cpus) {
		char name[16];

		if (n++ >= CPUS_MAX)
			continue;
		snprintf(name, sizeof(name), "cpu%d", cpu);
		if (count <= 8 || n % 4 == 1)
			put_label(c, y + 6, name);
		draw_cpu(c, cpu, y);
		y += count <= 8 ? CPU_HEIGHT + 4 : CPU_HEIGHT;
	}
	if (count > CPUS_MAX) {
		html_put(c->out, "<text class=\"n\" x=\"%.1f\" y=\"%.1f\">and %d CPUs more</text>",
			 c->left, y + 10, count - CPUS_MAX);
		y += 14;
	}
	return y;
}

static void draw_act(const struct html_chart *c, const struct html_act *a, bool is_bad, double y)
{
	double x0 = html_x(c, a->began), x1 = html_x(c, a->ended);

	html_put(
		c->out,
		"<a href=\"#act-%d\"><rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
		a->rec->id, is_bad ? "ac bad" : "ac", x0, y + 1, x1 - x0 < 3 ? 3 : x1 - x0,
		ACTS_HEIGHT - 4);
	html_put(c->out, "<title>act %d: ", a->rec->id);
	html_act_name(c->out, a->rec);
	html_put(c->out, ", %s%s</title></a>", html_ms(a->ended - a->began),
		 is_bad ? ", something broke" : "");
}

static bool is_bad_act(const struct html_act *a)
{
	return a->n_unmet > a->n_known || !a->rec->done;
}

/* Numbers of the bad ones, where there is room for them. */
static void put_numbers(const struct html_chart *c, double y)
{
	double end = 0;

	for (size_t i = 0; i < c->page->n_acts; i++) {
		const struct html_act *a = &c->page->acts[i];
		double x = html_x(c, a->ended) + 4;

		if (x + 26 > c->right)
			x = html_x(c, a->began) - 24;
		if (!is_bad_act(a) || x < end || x < c->left)
			continue;
		html_put(c->out, "<text class=\"x\" x=\"%.1f\" y=\"%.1f\">✗%d</text>", x, y + 11,
			 a->rec->id);
		end = x + 26;
	}
}

/* The bad ones last: nothing may cover them. */
static void draw_acts(const struct html_chart *c, double y)
{
	put_label(c, y + 11, "acts");
	for (int bad = 0; bad < 2; bad++)
		for (size_t i = 0; i < c->page->n_acts; i++)
			if (is_bad_act(&c->page->acts[i]) == bad)
				draw_act(c, &c->page->acts[i], bad, y);
	put_numbers(c, y);
}

static void draw_columns(const struct html_chart *c, const struct columns *cols, double y,
			 const char *css, const char *label)
{
	double width = (c->right - c->left) / COLUMNS;

	put_label(c, y + 12, label);
	html_put(c->out, "<text class=\"l\" x=\"%.0f\" y=\"%.1f\">%s</text>", c->left - 8, y + 24,
		 html_ms(cols->top));
	html_put(c->out, "<path class=\"g\" d=\"M%.1f %.1fH%.1f\"/>", c->left, y + BARS_HEIGHT,
		 c->right);
	for (int i = 0; i < COLUMNS; i++) {
		double x = c->left + i * width,
		       height = (double)cols->worst[i] / (double)cols->top * (BARS_HEIGHT - 2);

		if (cols->worst[i] > 0)
			html_put(
				c->out,
				"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>",
				css, x, y + BARS_HEIGHT - height, width - 0.8, height,
				html_ms(cols->worst[i]));
		if (cols->lost[i] > 0)
			html_put(
				c->out,
				"<g class=\"lost\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>"
				"<title>%d lost</title></g>",
				x, y, width, BARS_HEIGHT, cols->lost[i]);
	}
}

static void draw_gaps(const struct html_chart *c, double y)
{
	struct columns cols = { .top = NS_PER_MS };

	for (size_t i = 0; i < c->page->n_gaps; i++) {
		const struct html_gap *gap = &c->page->gaps[i];
		int column = column_of(c, gap->from);

		if (gap->to - gap->from > cols.worst[column])
			cols.worst[column] = gap->to - gap->from;
		if (gap->to - gap->from > cols.top)
			cols.top = gap->to - gap->from;
	}
	draw_columns(c, &cols, y, "gap", "gaps");
}

static void draw_packets(const struct html_chart *c, double y)
{
	struct columns cols = { .top = NS_PER_MS };

	for (size_t i = 0; i < c->page->n_packets; i++) {
		const struct html_packet *packet = &c->page->packets[i];
		int column = column_of(c, packet->sent);

		cols.lost[column] += packet->back < 0;
		if (packet->back - packet->sent > cols.worst[column])
			cols.worst[column] = packet->back - packet->sent;
		if (packet->back - packet->sent > cols.top)
			cols.top = packet->back - packet->sent;
	}
	draw_columns(c, &cols, y, "pk", "packets");
}

static void draw_seconds(const struct html_chart *c, double y)
{
	static const int steps[] = { 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 36000 };
	int64_t step = 1;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && (c->to - c->from) / NS_PER_S / step > 14; i++)
		step = steps[i];
	/* A run of months, or a journal that says so. */
	while ((c->to - c->from) / NS_PER_S / step > 14)
		step *= 10;
	for (int64_t t = 0; c->from + t <= c->to; t += step * NS_PER_S)
		html_put(c->out, "<text class=\"a\" x=\"%.1f\" y=\"%.1f\">%ld%s</text>",
			 html_x(c, c->from + t), y + 13, (long)(t / NS_PER_S), t == 0 ? " s" : "");
}

void html_strip(struct html_page *p)
{
	struct html_chart c = { .page = p,
				.out = p->out,
				.zero = p->began,
				.from = p->began,
				.to = p->ended,
				.left = LEFT,
				.right = WIDTH - 12 };
	int n = cpulist_count(&p->cpus);
	double cpus = n > CPUS_MAX ? CPUS_MAX * CPU_HEIGHT + 14
		      : n <= 8     ? n * (CPU_HEIGHT + 4)
				   : n * CPU_HEIGHT;
	double height = SCENARIO_HEIGHT + cpus + 4 + ACTS_HEIGHT +
			(p->n_gaps ? BARS_HEIGHT + 6 : 0) + (p->n_packets ? BARS_HEIGHT + 6 : 0) +
			18,
	       y;

	if (p->n_acts + p->n_packets == 0) {
		fputs("<section id=\"run\"><h2>The run</h2><p>No act was made, and no datagram was sent.</p></section>\n",
		      p->out);
		return;
	}
	html_put(
		p->out,
		"<section id=\"run\"><h2>The run</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"The whole run, scrolls sideways\">"
		"<svg class=\"strip\" viewBox=\"0 0 %d %.0f\" role=\"group\" aria-label=\"The run over time: scenarios, CPUs, acts, gaps, packets\">\n",
		WIDTH, height);
	draw_scenarios(&c);
	y = draw_cpus(&c, SCENARIO_HEIGHT) + 4;
	draw_acts(&c, y);
	y += ACTS_HEIGHT;
	if (p->n_gaps) {
		draw_gaps(&c, y);
		y += BARS_HEIGHT + 6;
	}
	if (p->n_packets) {
		draw_packets(&c, y);
		y += BARS_HEIGHT + 6;
	}
	draw_seconds(&c, y);
	fputs("\n</svg></div>\n</section>\n", p->out);
}
