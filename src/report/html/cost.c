// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an offline and an online cost, and which state of the hotplug state machine takes it: the
 * median act as a bar of its states in their order, then for the most costly states each act as a
 * dot on a logarithmic axis, over what earlier runs of the box showed. Reported, never judged.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "evidence/latency.h"
#include "report/html/html.h"

#define WIDTH 1060
#define LEFT 190
#define RIGHT 850 /* of the axis; figures stand beyond */
#define BAR_Y 16
#define BAR_HEIGHT 26
#define ROWS_Y 78
#define ROW_HEIGHT 21
#define ROWS_MAX 10
#define DOTS_MAX 80
#define LEAST_SHARE 0.004 /* of all time: states below it get no row */

struct cost {
	struct html_page *page;
	FILE *out;
	const struct latency_way *way, *before; /* before: NULL without earlier runs */
	bool is_down;
	double lo, hi; /* powers of ten at both ends of the axis, us */
};

/* Good to a hundredth of a decade, which is less than a dot; libm would be one more library. */
static double decades(double v)
{
	double n = 0, y;

	for (; v >= 10; v /= 10)
		n++;
	for (; v > 0 && v < 1; v *= 10)
		n--;
	y = (v - 3.16228) / (v + 3.16228);
	return n + 0.5 + 0.868589 * (y + y * y * y / 3 + y * y * y * y * y / 5);
}

static double x_of(const struct cost *c, int64_t us)
{
	double x = LEFT +
		   (decades(us < 1 ? 1 : (double)us) - c->lo) / (c->hi - c->lo) * (RIGHT - LEFT);

	return x < LEFT ? LEFT : x > RIGHT ? RIGHT : x;
}

static const char *time_of(int64_t us)
{
	static char buf[8][24];
	static unsigned int next;
	char *out = buf[next++ % 8];

	if (us >= 10000)
		return html_ms(us * 1000);
	snprintf(out, sizeof(buf[0]), us >= 1000 ? "%.1f ms" : "%.0f µs",
		 us >= 1000 ? (double)us / 1000 : (double)us);
	return out;
}

/* Those that the bar shows side by side, in the order of the steps, and their medians. */
static int compare_down(const void *a, const void *b)
{
	const struct latency_state *const *x = a, *const *y = b;

	return (*y)->number - (*x)->number;
}

static int compare_up(const void *a, const void *b)
{
	return -compare_down(a, b);
}

static void put_segment(const struct cost *c, double x, double width, int64_t us, const char *name,
			const char *css)
{
	if (width <= 0)
		return;
	html_put(c->out, "<g class=\"%s\"><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
		 css, x, BAR_Y, width, BAR_HEIGHT);
	html_put(c->out, "<title>%s: %s</title>", name, time_of(us));
	if (width > 6.6 * (double)strlen(name) + 8)
		html_put(c->out, "<text x=\"%.1f\" y=\"%d\">%s</text>", x + width / 2, BAR_Y + 17,
			 name);
	fputs("</g>", c->out);
}

/* Neighbours that are too thin to be seen are drawn as one. */
static void draw_bar(const struct cost *c, const struct latency_state **states, size_t n)
{
	int64_t all = latency_at(&c->way->rest, 0.5), thin = 0;
	double x = 0, scale;

	for (size_t i = 0; i < n; i++)
		all += latency_at(states[i], 0.5);
	scale = (double)WIDTH / (double)(all ? all : 1);
	for (size_t i = 0; i < n; i++) {
		int64_t us = latency_at(states[i], 0.5);

		if ((double)us * scale < 5) {
			thin += us;
			continue;
		}
		put_segment(c, x, (double)thin * scale, thin, "small states", "sgs");
		x += (double)thin * scale;
		thin = 0;
		put_segment(c, x, (double)us * scale, us, states[i]->name, "sg");
		x += (double)us * scale;
	}
	put_segment(c, x, (double)thin * scale, thin, "small states", "sgs");
	x += (double)thin * scale;
	put_segment(c, x, WIDTH - x, latency_at(&c->way->rest, 0.5), "outside of any state", "sgr");
	html_put(c->out,
		 "<text x=\"0\" y=\"%d\">medians of the states, in their order: %s together</text>",
		 BAR_Y - 5, time_of(all));
}

static void draw_axis(const struct cost *c, double bottom)
{
	static const char *const names[] = { "1 µs",  "10 µs",  "100 µs", "1 ms",
					     "10 ms", "100 ms", "1 s",    "10 s" };

	for (int d = (int)c->lo; d <= (int)c->hi && d < (int)ARRAY_SIZE(names); d++) {
		double x = LEFT + (d - c->lo) / (c->hi - c->lo) * (RIGHT - LEFT);

		html_put(c->out, "<path class=\"g\" d=\"M%.1f %dV%.1f\"/>", x, ROWS_Y - 8, bottom);
		html_put(c->out, "<text class=\"a\" x=\"%.1f\" y=\"%.1f\">%s</text>", x,
			 bottom + 13, names[d]);
	}
	html_put(c->out, "<text class=\"l\" x=\"%d\" y=\"%d\">half within</text>", RIGHT + 76,
		 ROWS_Y - 12);
	html_put(c->out, "<text class=\"l\" x=\"%d\" y=\"%d\">95 %%</text>", RIGHT + 136,
		 ROWS_Y - 12);
	html_put(c->out, "<text class=\"l\" x=\"%d\" y=\"%d\">worst</text>", WIDTH, ROWS_Y - 12);
}

static void draw_dots(const struct cost *c, const struct latency_state *s, double y)
{
	size_t n = s->n < DOTS_MAX ? s->n : DOTS_MAX;

	/* Of very many so many that stand for equal parts of them, the worst always among them. */
	fputs("<path class=\"cd\" d=\"", c->out);
	for (size_t i = 0; i < n; i++) {
		size_t k = s->n <= DOTS_MAX ? i : (i + 1) * s->n / n - 1;

		html_put(c->out, "M%.1f %.1fh0", x_of(c, s->us[k]), y);
	}
	fputs("\"/>", c->out);
}

static void draw_row(const struct cost *c, const struct latency_state *s,
		     const struct latency_state *before, double y)
{
	const char *name = *s->name ? s->name : "outside of any state";

	if (before && before->n > 0)
		html_put(c->out,
			 "<rect class=\"cb\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\">"
			 "<title>earlier runs: half within %s, 95 %% within %s</title></rect>",
			 x_of(c, before->us[0]), y - 7,
			 x_of(c, latency_at(before, 0.95)) - x_of(c, before->us[0]) + 2, 14,
			 time_of(latency_at(before, 0.5)), time_of(latency_at(before, 0.95)));
	html_put(c->out, "<text class=\"l\" x=\"%d\" y=\"%.1f\">%s<title>%s</title></text>",
		 LEFT - 10, y + 4, name, s->callback);
	html_put(c->out, "<path class=\"cl\" d=\"M%.1f %.1fH%.1f\"/>", x_of(c, latency_at(s, 0.5)),
		 y, x_of(c, latency_at(s, 0.95)));
	draw_dots(c, s, y);
	html_put(c->out, "<path class=\"cm\" d=\"M%.1f %.1fv14\"/>", x_of(c, latency_at(s, 0.5)),
		 y - 7);
	html_put(c->out, "<text class=\"l me\" x=\"%d\" y=\"%.1f\">%s</text>", RIGHT + 76, y + 4,
		 time_of(latency_at(s, 0.5)));
	html_put(c->out, "<text class=\"l\" x=\"%d\" y=\"%.1f\">%s</text>", RIGHT + 136, y + 4,
		 time_of(latency_at(s, 0.95)));
	html_put(c->out, "<text class=\"l\" x=\"%d\" y=\"%.1f\">%s</text>", WIDTH, y + 4,
		 time_of(latency_at(s, 1)));
}

/* Whole decades around all that is drawn. */
static void find_ends(struct cost *c, const size_t *order, size_t n)
{
	c->lo = 1;
	c->hi = 4;
	for (size_t i = 0; i < n; i++) {
		const struct latency_state *s = &c->way->states[order[i]];

		while (c->lo > 0 && (double)latency_at(s, 0.1) < (c->lo > 1 ? 100 : 10))
			c->lo--;
	}
	while (c->hi < 7 && decades((double)latency_at(&c->way->act, 1) + 1) > c->hi)
		c->hi++;
}

static size_t count_rows(const struct cost *c, const size_t *order)
{
	size_t n = 0;

	while (n < c->way->n_states && n < ROWS_MAX &&
	       (double)c->way->states[order[n]].sum > LEAST_SHARE * (double)c->way->act.sum)
		n++;
	return n;
}

static void draw_figure(struct cost *c, const size_t *order, const struct latency_state **sorted)
{
	size_t rows = count_rows(c, order);
	double y = ROWS_Y + 6, bottom = ROWS_Y + ROW_HEIGHT * (double)(rows + 1);

	find_ends(c, order, rows);
	html_put(c->out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"%s\">",
		 c->is_down ? "What an offline costs" : "What an online costs");
	html_put(c->out, "<svg class=\"tl cost\" viewBox=\"0 0 %d %.0f\" role=\"img\">", WIDTH,
		 bottom + 20);
	html_put(c->out, "<title>Time in each state of %s</title>",
		 c->is_down ? "an offline" : "an online");
	draw_bar(c, sorted, c->way->n_states);
	draw_axis(c, bottom);
	for (size_t i = 0; i < rows; i++, y += ROW_HEIGHT) {
		const struct latency_state *s = &c->way->states[order[i]];

		draw_row(c, s, c->before ? latency_find(c->before, s->name) : NULL, y);
	}
	draw_row(c, &c->way->rest, c->before ? &c->before->rest : NULL, y);
	fputs("</svg></div>\n", c->out);
}

static void put_table(const struct cost *c, const size_t *order)
{
	fputs("<details><summary>all states</summary><div class=\"scroll\" tabindex=\"0\"><table class=\"plain\"><thead><tr>"
	      "<th scope=\"col\">state</th><th scope=\"col\">number</th><th scope=\"col\">callback</th><th scope=\"col\">acts</th>"
	      "<th scope=\"col\">half within</th><th scope=\"col\">95 %</th><th scope=\"col\">worst</th><th scope=\"col\">share</th></tr></thead><tbody>\n",
	      c->out);
	for (size_t i = 0; i < c->way->n_states; i++) {
		const struct latency_state *s = &c->way->states[order[i]];

		html_put(
			c->out,
			"<tr><th scope=\"row\">%s</th><td class=\"num\">%d</td><td>%s</td>"
			"<td class=\"num\">%zu</td><td class=\"num\">%s</td><td class=\"num\">%s</td>"
			"<td class=\"num\">%s</td><td class=\"num\">%.1f %%</td></tr>\n",
			s->name, s->number, s->callback, s->n, time_of(latency_at(s, 0.5)),
			time_of(latency_at(s, 0.95)), time_of(latency_at(s, 1)),
			100.0 * (double)s->sum / (double)(c->way->act.sum ? c->way->act.sum : 1));
	}
	fputs("</tbody></table></div></details>\n", c->out);
}

static void put_way(struct cost *c)
{
	_cleanup_free_ size_t *order = calloc(c->way->n_states + 1, sizeof(*order));
	_cleanup_free_ const struct latency_state **sorted =
		calloc(c->way->n_states + 1, sizeof(*sorted));
	const struct latency_state *act = &c->way->act;

	if (!order || !sorted || act->n == 0)
		return;
	latency_order(c->way, order);
	for (size_t i = 0; i < c->way->n_states; i++)
		sorted[i] = &c->way->states[i];
	qsort(sorted, c->way->n_states, sizeof(*sorted), c->is_down ? compare_down : compare_up);
	html_put(
		c->out,
		"<figure class=\"act\"><figcaption><span class=\"an\">%s</span>"
		"<span>%zu act%s: half within <b>%s</b>, 95 %% within <b>%s</b>, the slowest <b>%s</b></span>",
		c->is_down ? "offline" : "online", act->n, html_s((int)act->n),
		time_of(latency_at(act, 0.5)), time_of(latency_at(act, 0.95)),
		time_of(latency_at(act, 1)));
	if (c->before && c->before->act.n > 0)
		html_put(c->out, "<span>before, in %zu act%s: half within <b>%s</b></span>",
			 c->before->act.n, html_s((int)c->before->act.n),
			 time_of(latency_at(&c->before->act, 0.5)));
	fputs("</figcaption>\n", c->out);
	draw_figure(c, order, sorted);
	put_table(c, order);
	fputs("</figure>\n", c->out);
}

void html_cost(struct html_page *p)
{
	_cleanup_latency_ struct latency_table table = {};

	if (latency_read(p->rec, &table) < 0 ||
	    table.way[LATENCY_DOWN].act.n + table.way[LATENCY_UP].act.n == 0)
		return;
	fputs("<section id=\"cost\"><h2>What the acts cost</h2>\n"
	      "<p class=\"note\">Time in the states of the hotplug state machine, from its trace events; each dot is one act, "
	      "the line ends where 95 % are done. How long a state takes is the box's own affair: nothing here is judged.</p>\n",
	      p->out);
	for (int w = 0; w < LATENCY_WAYS; w++)
		put_way(&(struct cost){ .page = p,
					.out = p->out,
					.way = &table.way[w],
					.before = p->before ? &p->before->way[w] : NULL,
					.is_down = w == LATENCY_DOWN });
	if (p->before)
		fputs("<p class=\"legend\"><span><i class=\"cb\"></i>earlier runs of this box, from the quickest to 95 %</span></p>\n",
		      p->out);
	fputs("</section>\n", p->out);
}
