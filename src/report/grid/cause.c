// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which one thing tells the cells that broke a claim from those that kept it: a machine, a kernel,
 * a boot option. It is a hint for the reader, drawn from these cells alone, and no verdict.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/grid/grid.h"
#include "report/html/html.h"

#define FACTS_MAX 256

/* Is the fact one of the cell's? A boot option is a word of `append`. */
static bool has_fact(const json_t *cell, const char *key, const char *fact)
{
	_cleanup_free_ char *copy = strdup(record_get_str(cell, key));
	char *cursor = copy, *word;

	if (strcmp(key, "append") != 0)
		return copy && strcmp(copy, fact) == 0;
	while (cursor && (word = text_next_word(&cursor)))
		if (strcmp(word, fact) == 0)
			return true;
	return false;
}

/* True of all cells that broke it and of none that kept it, and there are both. */
static bool is_cause(const struct grid *g, const struct grid_claim *claim, const char *key,
		     const char *fact)
{
	int kept_without = 0;

	for (size_t i = 0; i < g->n_cells; i++) {
		bool has = has_fact(g->cells[i].doc, key, fact);
		int rank = grid_rank(claim, i);

		if (rank >= 3 && !has)
			return false;
		if (rank == 2 && has)
			return false;
		kept_without += rank == 2;
	}
	return kept_without > 0;
}

static bool put_cause(struct grid *g, const struct grid_claim *claim, const char *key,
		      const char *name, const char *fact, bool is_first)
{
	if (!*fact || !is_cause(g, claim, key, fact))
		return false;
	html_put(g->out, is_first ? "<span class=\"cause\">only where %s %s" : " or %s %s", name,
		 fact);
	return true;
}

void grid_cause(struct grid *g, const struct grid_claim *claim)
{
	const json_t *cell = NULL;
	_cleanup_free_ char *append = NULL;
	char *cursor, *word;
	bool is_first = true;
	int broken = 0;

	for (size_t i = 0; i < g->n_cells; i++) {
		if (grid_rank(claim, i) < 3)
			continue;
		cell = cell ? cell : g->cells[i].doc;
		broken++;
	}
	if (!cell)
		return;
	/* With one broken cell everything about it is its own: that is no hint. */
	if (broken > 1) {
		is_first &= !put_cause(g, claim, "machine", "the machine is",
				       record_get_str(cell, "machine"), is_first);
		is_first &= !put_cause(g, claim, "kernel", "the kernel is",
				       record_get_str(cell, "kernel"), is_first);
		append = strdup(record_get_str(cell, "append"));
		cursor = append;
		while (cursor && (word = text_next_word(&cursor)))
			is_first &=
				!put_cause(g, claim, "append", "the options have", word, is_first);
	}
	if (!is_first)
		html_put(g->out, " (%d cells)</span>", broken);
}
