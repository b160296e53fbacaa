// SPDX-License-Identifier: GPL-2.0-or-later
/* Why claims were not tried: each reason once, with where it was met. Many cells give the same. */
#include <string.h>

#include "base/cleanup.h"
#include "report/grid/grid.h"
#include "report/html/html.h"

static const char *why_not(const struct grid *g, size_t claim, size_t cell)
{
	return grid_rank(&g->claims[claim], cell) == 1
		       ? record_get_str(g->claims[claim].results[cell], "why")
		       : NULL;
}

/* Was the reason already given by an earlier (claim, cell)? */
static bool is_told(const struct grid *g, size_t claim, size_t cell)
{
	const char *why = why_not(g, claim, cell);

	for (size_t i = 0; i <= claim; i++)
		for (size_t k = 0; k < g->n_cells; k++) {
			const char *other;

			if (i == claim && k == cell)
				return false;
			other = why_not(g, i, k);
			if (other && strcmp(other, why) == 0)
				return true;
		}
	return false;
}

static void put_where(struct grid *g, const char *why)
{
	for (size_t k = 0; k < g->n_cells; k++) {
		const char *before = NULL;

		for (size_t i = 0; i < g->n_claims; i++) {
			const char *other = why_not(g, i, k);

			if (!other || strcmp(other, why) != 0)
				continue;
			if (!before)
				html_put(g->out, "<li><b>%s</b>: ", g->cells[k].id);
			html_put(g->out, "%s<code>%s</code>", before ? ", " : "", g->claims[i].id);
			before = other;
		}
		if (before)
			fputs("</li>\n", g->out);
	}
}

void grid_untried(struct grid *g)
{
	bool is_begun = false;

	for (size_t i = 0; i < g->n_claims; i++)
		for (size_t k = 0; k < g->n_cells; k++) {
			const char *why = why_not(g, i, k);

			if (!why || is_told(g, i, k))
				continue;
			if (!is_begun)
				fputs("<details><summary>Why claims were not tried</summary><dl class=\"reasons\">\n",
				      g->out);
			is_begun = true;
			html_put(g->out, "<dt>%s</dt><dd><ul>\n", why);
			put_where(g, why);
			fputs("</ul></dd>\n", g->out);
		}
	if (is_begun)
		fputs("</dl></details>\n", g->out);
}
