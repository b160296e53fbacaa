// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lanes of CPUs in a picture: state, heartbeat gaps and interrupts, one lane a CPU. When there
 * are too many, those that something happened to.
 */
#include <string.h>

#include "base/wait.h"
#include "report/html/html.h"

#define LANE HTML_LANE_HEIGHT
#define BAR 15
#define LANES_MAX 12

static const char *const state_names[] = { "online", "going offline", "offline", "coming online" };
static const char *const state_css[] = { "on", "go", "off", "co" };

/* Fills the lane of a CPU with its states; `is_labelled`: with words where there is room. */
void html_lane_states(const struct html_chart *c, int cpu, double y, double height,
		      bool is_labelled)
{
	struct html_span span;
	size_t cursor = 0;

	while (html_cpu_next(c->page, cpu, &cursor, &span)) {
		double x0, x1, width;

		if (c->known > 0 && span.to > c->known)
			span.to = c->known;
		if (span.to <= c->from || span.from >= c->to)
			continue;
		x0 = html_x(c, span.from);
		x1 = html_x(c, span.to);
		width = x1 - x0 < 0.8 ? 0.8 : x1 - x0;
		html_put(c->out,
			 "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
			 state_css[span.state], x0, y, width, height);
		if (is_labelled)
			html_put(c->out, "<title>cpu%d is %s</title>", cpu,
				 state_names[span.state]);
		fputs("</rect>", c->out);
		if (is_labelled && span.state != HTML_ONLINE && width > 70)
			html_put(c->out, "<text class=\"w\" x=\"%.1f\" y=\"%.1f\">%s</text>",
				 x0 + width / 2, y + height - 4, state_names[span.state]);
	}
}

void html_lane_gaps(const struct html_chart *c, int cpu, double y, double height, bool is_labelled)
{
	double last_x = -9;
	for (size_t i = 0; i < c->page->n_gaps; i++) {
		const struct html_gap *gap = &c->page->gaps[i];
		double x0, width;

		if (gap->cpu != cpu || gap->to <= c->from || gap->from >= c->to)
			continue;
		x0 = html_x(c, gap->from);
		width = html_x(c, gap->to) - x0;
		/* Nobody could tell it from the one before. */
		if (width < 0.7 && x0 >= last_x && x0 - last_x < 0.7)
			continue;
		last_x = x0;
		html_put(
			c->out,
			"<rect class=\"gap\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
			x0, y, width < 1.5 ? 1.5 : width, height);
		if (is_labelled)
			html_put(c->out, "<title>no heartbeat on cpu%d for %s</title>", cpu,
				 html_ms(gap->to - gap->from));
		fputs("</rect>", c->out);
		if (is_labelled && width > 46)
			html_put(c->out, "<text class=\"gw\" x=\"%.1f\" y=\"%.1f\">%s</text>",
				 x0 + width / 2, y + height - 4, html_ms(gap->to - gap->from));
	}
}

/* Interrupts are known as counts between two readings: bars under the lane, the higher the more,
 * and their sum beside it. */
static void draw_arrivals(const struct html_chart *c, int cpu, double y)
{
	const struct html_arrival *first = NULL;
	long total = 0;

	for (size_t i = 0; i < c->page->n_arrivals; i++) {
		const struct html_arrival *a = &c->page->arrivals[i];
		double x0, x1;

		if (a->cpu != cpu || a->to <= c->from || a->from >= c->to)
			continue;
		if (!first)
			fputs("<g class=\"irq\"><path d=\"", c->out);
		first = first ? first : a;
		x0 = html_x(c, a->from);
		x1 = html_x(c, a->to);
		html_put(c->out, "M%.1f %.1fH%.1fv-%dH%.1fz", x0, y + BAR + 6,
			 x1 - x0 < 1.5 ? x0 + 1.5 : x1,
			 a->count < 3   ? 2
			 : a->count < 6 ? 3
					: 5,
			 x0);
		total += a->count;
	}
	if (!first)
		return;
	html_put(c->out, "\"/><text x=\"%.1f\" y=\"%.1f\">%ld × irq %ld</text>", c->right + 6,
		 y + BAR - 3, total, first->irq);
	html_put(c->out, "<title>irq %ld (%s) came %ld times on cpu%d</title></g>", first->irq,
		 first->name, total, cpu);
}

/* Which CPUs get a lane when there are many: those that something happened to. */
struct cpulist html_lanes_choose(const struct html_chart *c, const struct html_act *act)
{
	struct cpulist lanes = { 0 };

	if (cpulist_count(&c->page->cpus) <= LANES_MAX)
		return c->page->cpus;
	cpulist_add(&lanes, act->rec->cpu);
	for (size_t i = 0; i < c->page->n_gaps && cpulist_count(&lanes) < LANES_MAX / 2; i++)
		if (c->page->gaps[i].act == act->rec->id)
			cpulist_add(&lanes, c->page->gaps[i].cpu);
	for (size_t i = 0; i < c->page->n_arrivals; i++)
		if (c->page->arrivals[i].act == act->rec->id && cpulist_count(&lanes) < LANES_MAX)
			cpulist_add(&lanes, c->page->arrivals[i].cpu);
	cpulist_foreach(cpu, &c->page->cpus)
		if (cpulist_count(&lanes) < LANES_MAX / 2)
			cpulist_add(&lanes, cpu);
	return lanes;
}

/* Returns the y below the lanes. */
double html_lanes(const struct html_chart *c, const struct html_act *act, double y)
{
	struct cpulist lanes = html_lanes_choose(c, act), others;

	cpulist_foreach(cpu, &lanes) {
		double top = y + (double)(LANE - BAR) / 2;

		html_put(c->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">cpu%d</text>",
			 cpu == act->rec->cpu ? "l me" : "l", c->left - 8, top + BAR - 4, cpu);
		html_lane_states(c, cpu, top, BAR, true);
		draw_arrivals(c, cpu, top);
		html_lane_gaps(c, cpu, top, BAR, true);
		y += LANE;
	}
	others = cpulist_minus(&c->page->cpus, &lanes);
	if (cpulist_count(&others) > 0) {
		html_put(
			c->out,
			"<text class=\"n\" x=\"%.1f\" y=\"%.1f\">not drawn: cpus %s, with nothing to show</text>",
			c->left, y + 12, cpulist_str(&others));
		y += 18;
	}
	return y;
}
