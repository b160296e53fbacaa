// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Round trips of datagrams from outside as dots: when it was sent against how long the answer took.
 * Healthy ones are thinned out when there are more than can be told apart; a lost or doubled one
 * never is: those that would cover each other share a mark that counts them.
 */
#include <string.h>

#include "base/wait.h"
#include "report/html/html.h"

#define DOTS_MAX 700

struct panel {
	const struct html_chart *chart;
	size_t first, last; /* packets of the window: [first, last) */
	int64_t top_ns;     /* value at the top */
	double y, height;
	double marks; /* height of the strip above for losses */
};

/* The next of 1, 2, 5, 10, 20 ... ms. */
static int64_t round_up(int64_t ns)
{
	int64_t base = NS_PER_MS;

	for (;; base *= 10)
		for (int factor = 1; factor <= 5; factor += factor == 1 ? 1 : 3)
			if (ns <= base * factor)
				return base * factor;
}

static double dot_y(const struct panel *p, int64_t rtt)
{
	return p->y + p->height - 2 - (double)rtt / (double)p->top_ns * (p->height - p->marks - 4);
}

static void draw_scale(const struct panel *p)
{
	const struct html_chart *c = p->chart;

	for (int i = 0; i <= 2; i++) {
		int64_t value = p->top_ns * i / 2;
		double y = dot_y(p, value);
		int64_t unit = p->top_ns >= NS_PER_S ? NS_PER_S : NS_PER_MS;
		char number[24];

		snprintf(number, sizeof(number), "%.*f", value % unit ? 1 : 0,
			 (double)value / (double)unit);

		html_put(c->out, "<path class=\"g\" d=\"M%.1f %.1fH%.1f\"/>", c->left, y, c->right);
		html_put(c->out, "<text class=\"l\" x=\"%.1f\" y=\"%.1f\">%s%s</text>", c->left - 8,
			 y + 4, number,
			 i < 2              ? ""
			 : unit == NS_PER_S ? " s"
					    : " ms");
	}
}

/* A dot, unless it would lie within a pixel of the one before it at nearly the same height. */
static void draw_dots(const struct panel *p)
{
	const struct html_chart *c = p->chart;
	size_t n = p->last - p->first;
	double last_x = -9, low = 0, high = 0,
	       width = n > DOTS_MAX ? 2 * (c->right - c->left) / DOTS_MAX : 0;

	fputs("<path class=\"d\" d=\"", c->out);
	for (size_t i = p->first; i < p->last; i++) {
		const struct html_packet *packet = &c->page->packets[i];
		double x, y;

		if (packet->back < 0)
			continue;
		x = html_x(c, packet->sent);
		y = dot_y(p, packet->back - packet->sent);
		/* Thinned: of each column only what reaches further up or down than what is there.
		 */
		if (x - last_x < width && y >= low - 1 && y <= high + 1)
			continue;
		if (x - last_x >= width) {
			last_x = x;
			low = high = y;
		}
		low = y < low ? y : low;
		high = y > high ? y : high;
		html_put(c->out, "M%.1f %.1fh0", x, y);
	}
	fputs("\"/>", c->out);
}

static void draw_lost(const struct panel *p, double from, double to, int count, int64_t first)
{
	const struct html_chart *c = p->chart;
	double middle = (from + to) / 2, y = p->y + p->marks / 2;

	html_put(c->out,
		 "<g class=\"lost\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 from - 1, p->y, to - from + 2, p->height);
	html_put(c->out, "<path d=\"M%.1f %.1fl8 8m0-8l-8 8\"/>", middle - 4, y - 4);
	if (count > 1)
		html_put(c->out, "<text x=\"%.1f\" y=\"%.1f\">%d lost</text>", middle + 8, y + 4,
			 count);
	html_put(c->out, "<title>%d lost, first sent at %.1f ms</title></g>", count,
		 (double)(first - c->zero) / 1e6);
}

/* Losses closer than a mark's width are one mark with their number. */
static void draw_losses(const struct panel *p)
{
	const struct html_chart *c = p->chart;
	double from = 0, to = 0;
	int64_t first = 0;
	int count = 0;

	for (size_t i = p->first; i < p->last; i++) {
		const struct html_packet *packet = &c->page->packets[i];
		double x = html_x(c, packet->sent);

		if (packet->back >= 0)
			continue;
		if (count > 0 && x - to > 12) {
			draw_lost(p, from, to, count, first);
			count = 0;
		}
		if (count++ == 0) {
			from = x;
			first = packet->sent;
		}
		to = x;
	}
	if (count > 0)
		draw_lost(p, from, to, count, first);
}

static void draw_doubled(const struct panel *p)
{
	const struct html_chart *c = p->chart;
	double last_x = -9;

	for (size_t i = p->first; i < p->last; i++) {
		const struct html_packet *packet = &c->page->packets[i];
		double x = html_x(c, packet->sent);

		if (packet->copies < 2 || packet->back < 0 || x - last_x < 1)
			continue;
		last_x = x;
		html_put(
			c->out,
			"<circle class=\"dup\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>came back %d times</title></circle>",
			x, dot_y(p, packet->back - packet->sent), packet->copies);
	}
}

void html_packets(const struct html_chart *c, double y, double height)
{
	struct panel p = { .chart = c, .y = y, .height = height, .marks = 12 };
	int64_t worst = NS_PER_MS;

	p.first = html_packet_at(c->page, c->from);
	p.last = html_packet_at(c->page, c->to);
	for (size_t i = p.first; i < p.last; i++) {
		const struct html_packet *packet = &c->page->packets[i];

		if (packet->back >= 0 && packet->back - packet->sent > worst)
			worst = packet->back - packet->sent;
	}
	p.top_ns = round_up(worst);
	draw_scale(&p);
	draw_losses(&p);
	draw_dots(&p);
	draw_doubled(&p);
}

/* The marks of one colour; in each column of two units the worst is the one that is seen. */
static void draw_mini(const struct html_chart *c, double y, double height, int64_t worst,
		      bool is_lost)
{
	size_t last = html_packet_at(c->page, c->to);
	double column = -1, top = 0;

	html_put(c->out, "<path class=\"%s\" d=\"", is_lost ? "ml" : "mp");
	for (size_t i = html_packet_at(c->page, c->from); i < last; i++) {
		const struct html_packet *packet = &c->page->packets[i];
		double x = (int)(html_x(c, packet->sent) / 2) * 2 + 1, h = height;

		if ((packet->back < 0) != is_lost)
			continue;
		if (!is_lost)
			h = (double)(packet->back - packet->sent) / (double)worst * (height - 2) +
			    1;
		if (x <= column && h <= top)
			continue;
		column = x;
		top = h;
		html_put(c->out, "M%.0f %.0fv-%.1f", x, y + height, h);
	}
	fputs("\"/>", c->out);
}

void html_packets_mini(const struct html_chart *c, double y, double height)
{
	size_t last = html_packet_at(c->page, c->to);
	int64_t worst = 10 * NS_PER_MS;

	for (size_t i = html_packet_at(c->page, c->from); i < last; i++)
		if (c->page->packets[i].back - c->page->packets[i].sent > worst)
			worst = c->page->packets[i].back - c->page->packets[i].sent;
	draw_mini(c, y, height, worst, false);
	draw_mini(c, y, height, worst, true);
}
