// SPDX-License-Identifier: GPL-2.0-or-later
/* What differs: the claims that do not have the same verdict in all cells, by cell, and why those
 * that were not tried were not. */
#include <string.h>

#include "base/cleanup.h"
#include "report/grid/grid.h"
#include "report/html/html.h"

static bool is_different(const struct grid_claim *claim)
{
	return claim->worst >= 3 || claim->best != claim->worst;
}

static void put_head(struct grid *g)
{
	fputs("<thead><tr><th scope=\"col\">claim</th>", g->out);
	for (size_t i = 0; i < g->n_cells; i++) {
		if (!g->cells[i].results)
			continue;
		fputs("<th scope=\"col\" class=\"up\"><span>", g->out);
		grid_link(g, &g->cells[i]);
		fputs("</span></th>", g->out);
	}
	fputs("</tr></thead>\n", g->out);
}

static void put_mark(struct grid *g, const struct grid_cell *c, const json_t *result)
{
	struct html_mark mark;

	if (!result) {
		fputs("<td class=\"none\" title=\"not watched here\">·</td>", g->out);
		return;
	}
	mark = html_mark_of(result);
	html_put(g->out, "<td class=\"%s\">", mark.css);
	if (c->has_report)
		html_put(g->out, "<a href=\"%s/report.html#", c->id);
	else
		html_put(g->out, "<a href=\"%s/results.json#", c->id);
	html_anchor(g->out, "r-", record_get_str(result, "scenario"),
		    record_get_str(result, "claim"));
	html_put(g->out, "\" title=\"%s: %s\" aria-label=\"%s in %s\">%s</a></td>", mark.word,
		 record_get_str(result, "why"), mark.word, c->id, mark.symbol);
}

static void put_claim(struct grid *g, const struct grid_claim *claim)
{
	html_put(g->out, "<tr><th scope=\"row\"><b>%s</b><span>%s</span>", claim->id,
		 claim->summary);
	if (claim->worst >= 3)
		grid_cause(g, claim);
	fputs("</th>", g->out);
	for (size_t i = 0; i < g->n_cells; i++)
		if (g->cells[i].results)
			put_mark(g, &g->cells[i], claim->results[i]);
	fputs("</tr>\n", g->out);
}

static void put_group(struct grid *g, const char *title, int from, int to)
{
	bool is_begun = false;

	for (size_t i = 0; i < g->n_claims; i++) {
		const struct grid_claim *claim = &g->claims[i];

		if (!is_different(claim) || claim->worst < from || claim->worst > to)
			continue;
		if (!is_begun)
			html_put(
				g->out,
				"<tr><th scope=\"rowgroup\" class=\"group\" colspan=\"99\">%s</th></tr>\n",
				title);
		is_begun = true;
		put_claim(g, claim);
	}
}

static bool is_same(const struct grid_claim *claim, int rank)
{
	if (is_different(claim))
		return false;
	return rank == 4 ? claim->is_unclear : !claim->is_unclear && claim->worst == rank;
}

/* What is the same everywhere, and what a crash took, is only named. */
static void put_same(struct grid *g, int rank, const char *title)
{
	int n = 0;

	for (size_t i = 0; i < g->n_claims; i++)
		n += is_same(&g->claims[i], rank);
	if (n == 0)
		return;
	html_put(g->out, "<details><summary>%d %s</summary><p class=\"names\">", n, title);
	for (size_t i = 0; i < g->n_claims; i++)
		if (is_same(&g->claims[i], rank))
			html_put(g->out, "<code>%s</code> ", g->claims[i].id);
	fputs("</p></details>\n", g->out);
}

static size_t count_judged(const struct grid *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_cells; i++)
		n += g->cells[i].results != NULL;
	return n;
}

void grid_differs(struct grid *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_claims; i++)
		n += is_different(&g->claims[i]);
	if (g->n_claims == 0)
		return;
	fputs("<section id=\"differs\"><h2>What differs</h2>\n", g->out);
	if (n == 0) {
		fputs("<p>No claim: each has the same verdict in all cells.</p>\n", g->out);
	} else {
		fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What differs, claim by cell\"><table class=\"differs\">\n",
		      g->out);
		put_head(g);
		fputs("<tbody>\n", g->out);
		put_group(g, "Broken somewhere", 5, 5);
		put_group(g, "Broken by a known defect somewhere", 3, 3);
		put_group(g, "Kept where it was tried", 2, 2);
		put_group(g, "Watched, but tried nowhere", 0, 1);
		fputs("</tbody></table></div>\n"
		      "<p class=\"legend\"><span>✓ kept</span><span>✗ broken</span><span>– not tried</span>"
		      "<span>? not judged</span><span>† crashed</span><span>◷ timed out</span><span>· not watched</span></p>\n",
		      g->out);
	}
	put_same(g, 4, "claims were not judged in some cell, and do not differ else");
	put_same(g, 2, count_judged(g) == 1 ? "claims were kept" : "claims were kept in all cells");
	put_same(g, 1, "claims were tried nowhere");
	grid_untried(g);
	fputs("</section>\n", g->out);
}
