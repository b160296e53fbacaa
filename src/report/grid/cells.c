// SPDX-License-Identifier: GPL-2.0-or-later
/* The matrix itself: a row for each machine, a tile for each of its cells. On a narrow screen the
 * tiles of a row stand one below the other. */
#include <string.h>

#include "base/cleanup.h"
#include "report/grid/grid.h"
#include "report/html/html.h"

static const struct {
	const char *key, *css, *word;
} kinds[] = {
	{ "fail", "fail", "broken" },       { "crash", "fail", "crashed" },
	{ "timeout", "fail", "timed out" }, { "error", "error", "not judged" },
	{ "known", "known", "known" },      { "pass", "pass", "kept" },
	{ "skip", "skip", "not tried" },
};

/* The share of each kind; the words below it say the same in numbers. */
static void put_bar(struct grid *g, const json_t *counts)
{
	long total = 0, at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		total += record_get_int(counts, kinds[i].key);
	if (total == 0)
		return;
	fputs("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
	      g->out);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		long n = record_get_int(counts, kinds[i].key);
		/* One broken claim of hundreds must be seen. */
		long width = n * 1000 / total < 14 ? 14 : n * 1000 / total;

		if (n == 0)
			continue;
		html_put(g->out, "<rect class=\"%s\" x=\"%ld\" width=\"%ld\" height=\"10\"/>",
			 kinds[i].css, at, width);
		at += width;
	}
	fputs("</svg>", g->out);
}

static void put_counts(struct grid *g, const json_t *counts)
{
	const char *between = "";

	fputs("<small>", g->out);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		long n = record_get_int(counts, kinds[i].key);

		if (n == 0)
			continue;
		html_put(g->out, "%s<b class=\"n-%s\">%ld</b> %s", between, kinds[i].css, n,
			 kinds[i].word);
		between = ", ";
	}
	fputs("</small>", g->out);
}

static const char *symbol_of(const char *css)
{
	return strcmp(css, "pass") == 0    ? "✓"
	       : strcmp(css, "fail") == 0  ? "✗"
	       : strcmp(css, "known") == 0 ? "✓"
	       : strcmp(css, "error") == 0 ? "?"
					   : "–";
}

static void put_tile(struct grid *g, const struct grid_cell *c)
{
	const char *css = grid_css(c), *why = record_get_str(c->doc, "why"),
		   *node = record_get_str(c->doc, "node");
	const json_t *counts = json_object_get(c->results, "counts");
	bool is_over = !json_is_null(json_object_get(c->doc, "exit"));

	html_put(g->out, "<%s class=\"tile t-%s\"", is_over ? "a" : "div", css);
	if (is_over)
		html_put(g->out, c->has_report ? " href=\"%s/report.html\"" : " href=\"%s.log\"",
			 c->id);
	html_put(g->out, "><span class=\"head\"><b>%s %s</b>", symbol_of(css), c->state);
	if (c->ms > 0)
		html_put(g->out, "<span>%s</span>", grid_duration(c->ms));
	fputs("</span>", g->out);
	if (*c->label)
		html_put(g->out, "<span class=\"what\">%s</span>", c->label);
	if (counts) {
		put_bar(g, counts);
		put_counts(g, counts);
	}
	if (*why)
		html_put(g->out, "<small class=\"why\">%s</small>", why);
	if (record_get_int(c->doc, "tries") > 1)
		html_put(g->out, "<small>try %ld</small>", (long)record_get_int(c->doc, "tries"));
	if (*node)
		html_put(g->out, "<small>on %s</small>", node);
	fputs(is_over ? "</a>\n" : "</div>\n", g->out);
}

static const char *machine_of(const struct grid_cell *c)
{
	return record_get_str(c->doc, "machine");
}

static bool is_first_of_machine(const struct grid *g, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(machine_of(&g->cells[i]), machine_of(&g->cells[at])) == 0)
			return false;
	return true;
}

/* One cell a machine: then the rows would be one tile wide, and the machines stand side by side. */
static bool is_flat(const struct grid *g)
{
	for (size_t i = 0; i < g->n_cells; i++)
		if (!is_first_of_machine(g, i))
			return false;
	return true;
}

void grid_cells(struct grid *g)
{
	bool flat = is_flat(g);

	fputs(flat ? "<section id=\"cells\" class=\"flat\">\n" : "<section id=\"cells\">\n",
	      g->out);
	for (size_t i = 0; i < g->n_cells; i++) {
		if (!is_first_of_machine(g, i))
			continue;
		html_put(g->out, "<div class=\"row\"><h2>%s</h2><div class=\"tiles\">\n",
			 machine_of(&g->cells[i]));
		for (size_t k = i; k < g->n_cells; k++)
			if (strcmp(machine_of(&g->cells[k]), machine_of(&g->cells[i])) == 0)
				put_tile(g, &g->cells[k]);
		fputs("</div></div>\n", g->out);
	}
	fputs("</section>\n", g->out);
}
