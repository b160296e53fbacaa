// SPDX-License-Identifier: GPL-2.0-or-later
/* Two pictures: when each cell ran, and what taking a CPU off and on cost in each. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "report/grid/grid.h"
#include "report/html/html.h"

#define WIDTH 760
#define LEFT 190
#define LANE 22
#define TICKS 5
#define TIMES_MAX 4096
/* A CPU that was in that state before: the write came back at once, and no transition cost that. */
#define NOOP_NS (100 * NS_PER_US)

/* 1, 2 or 5 times a power of ten: at most TICKS of them reach `span`. */
static double step_of(double span)
{
	static const double steps[] = { 1, 2, 5 };

	for (double power = 0.001;; power *= 10)
		for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
			if (span / (steps[i] * power) <= TICKS)
				return steps[i] * power;
}

static void put_axis(struct grid *g, double span, double height, const char *unit)
{
	double step = step_of(span);

	for (double at = 0; at <= span; at += step) {
		double x = LEFT + at / span * (WIDTH - LEFT - 20);

		html_put(g->out, "<path class=\"g\" d=\"M%.1f 16V%.1f\"/>", x, height);
		html_put(g->out, "<text class=\"a\" x=\"%.1f\" y=\"11\">", x);
		fprintf(g->out, "%g", at);
		html_put(g->out, "%s</text>", at + step > span ? unit : "");
	}
}

/* The name of a lane, cut where it would run into the picture. */
static void put_name(struct grid *g, const char *name, double y)
{
	size_t len = strlen(name);

	html_put(g->out, "<text class=\"l\" x=\"%d\" y=\"%.1f\">", LEFT - 8, y);
	if (len > 27)
		fputs("…", g->out);
	html_put(g->out, "%s</text>", len > 27 ? name + len - 26 : name);
}

void grid_times(struct grid *g)
{
	int64_t from = INT64_MAX, to = 0;
	double span, y = 20;
	int n = 0;

	for (size_t i = 0; i < g->n_cells; i++) {
		const struct grid_cell *c = &g->cells[i];

		if (c->began_ms <= 0 || c->ms <= 0)
			continue;
		from = c->began_ms < from ? c->began_ms : from;
		to = c->began_ms + c->ms > to ? c->began_ms + c->ms : to;
		n++;
	}
	if (n == 0)
		return;
	span = (double)(to - from) / 1000;
	html_put(
		g->out,
		"<section id=\"times\"><h2>When it ran</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"When each cell ran\"><svg class=\"tl\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"When each cell ran\">",
		WIDTH, 26 + n * LANE);
	put_axis(g, span, 20 + n * LANE, " s");
	for (size_t i = 0; i < g->n_cells; i++) {
		const struct grid_cell *c = &g->cells[i];
		double scale = (WIDTH - LEFT - 20) / span;

		if (c->began_ms <= 0 || c->ms <= 0)
			continue;
		put_name(g, c->id, y + 14);
		html_put(
			g->out,
			"<rect class=\"b-%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"><title>%s: %s</title></rect>",
			grid_css(c), LEFT + (double)(c->began_ms - from) / 1000 * scale, y + 3,
			(double)c->ms / 1000 * scale, LANE - 6, c->id, grid_duration(c->ms));
		y += LANE;
	}
	fputs("</svg></div></section>\n", g->out);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* What acts of a verb that were done took, in ms, ascending. */
static size_t times_of(const struct grid_cell *c, const char *verb, double *ms)
{
	const json_t *act;
	size_t i, n = 0;

	json_array_foreach(json_object_get(c->results, "acts"), i, act) {
		json_int_t began = record_get_int(act, "began"),
			   ended = record_get_int(act, "ended");

		if (strcmp(record_get_str(act, "verb"), verb) == 0 && ended - began > NOOP_NS &&
		    n < TIMES_MAX && strcmp(record_get_str(act, "result"), "OK") == 0)
			ms[n++] = (double)(ended - began) / NS_PER_MS;
	}
	if (n > 0)
		qsort(ms, n, sizeof(*ms), by_value);
	return n;
}

static void put_lane(struct grid *g, const double *ms, size_t n, const char *css, double span,
		     double y)
{
	double scale = (WIDTH - LEFT - 20) / span;

	html_put(g->out, "<path class=\"%sl\" d=\"M%.1f %.1fH%.1f\"/>", css, LEFT + ms[0] * scale,
		 y, LEFT + ms[n - 1] * scale);
	html_put(g->out, "<path class=\"%sd\" d=\"", css);
	for (size_t i = 0; i < n; i++)
		html_put(g->out, "M%.1f %.1fh0", LEFT + ms[i] * scale, y);
	fputs("\"/>", g->out);
	html_put(
		g->out,
		"<path class=\"%sm\" d=\"M%.1f %.1fv10\"><title>median of %zu: %.1f ms</title></path>",
		css, LEFT + ms[n / 2] * scale, y - 5, n, ms[n / 2]);
}

void grid_acts(struct grid *g)
{
	static const char *const verbs[] = { "offline", "online" };
	_cleanup_free_ double *ms = calloc(TIMES_MAX, sizeof(*ms));
	double longest = 0, y = 20;
	int lanes = 0;

	for (size_t i = 0; ms && i < g->n_cells; i++) {
		size_t n = times_of(&g->cells[i], "offline", ms);

		lanes += n > 0;
		longest = n > 0 && ms[n - 1] > longest ? ms[n - 1] : longest;
		n = times_of(&g->cells[i], "online", ms);
		longest = n > 0 && ms[n - 1] > longest ? ms[n - 1] : longest;
	}
	if (lanes == 0)
		return;
	html_put(
		g->out,
		"<section id=\"acts\"><h2>What a transition cost</h2>\n<p class=\"legend\"><span><i class=\"voff\"></i>offline</span><span><i class=\"von\"></i>online</span><span>the stroke is the median</span></p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What transitions cost\"><svg class=\"tl\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"How long offline and online took in each cell, in milliseconds\">",
		WIDTH, 26 + lanes * (LANE + 6));
	put_axis(g, longest, 20 + lanes * (LANE + 6), " ms");
	for (size_t i = 0; i < g->n_cells; i++) {
		if (times_of(&g->cells[i], "offline", ms) == 0)
			continue;
		put_name(g, g->cells[i].id, y + 17);
		for (size_t v = 0; v < ARRAY_SIZE(verbs); v++) {
			size_t n = times_of(&g->cells[i], verbs[v], ms);

			if (n > 0)
				put_lane(g, ms, n, v ? "on" : "of", longest,
					 y + 8 + (double)v * 11);
		}
		y += LANE + 6;
	}
	fputs("</svg></div></section>\n", g->out);
}
