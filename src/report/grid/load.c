// SPDX-License-Identifier: GPL-2.0-or-later
/* What the page is made of: the results of each cell, folded to one line per claim. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/grid/grid.h"
#include "report/html/html.h"

static json_t *load(const struct grid *g, const char *cell, const char *file)
{
	_cleanup_free_ char *path = text_printf("%s/%s/%s", g->dir, cell, file);

	return path ? json_load_file(path, 0, NULL) : NULL;
}

/* "6.12, nohz_full=2,3" */
static char *label_of(const json_t *cell)
{
	const char *kernel = record_get_str(cell, "kernel"),
		   *append = record_get_str(cell, "append"),
		   *model = record_get_str(cell, "cpu_model");

	return text_printf("%s%s%s%s%s", kernel, *kernel && *append ? ", " : "", append,
			   *model && (*kernel || *append) ? ", " : "", model);
}

static int load_cell(struct grid *g, const json_t *doc)
{
	struct grid_cell *c = &g->cells[g->n_cells++];
	_cleanup_free_ char *report = NULL;

	*c = (struct grid_cell){
		.doc = doc,
		.id = record_get_str(doc, "cell"),
		.state = record_get_str(doc, "state"),
		.label = label_of(doc),
		.began_ms = json_integer_value(json_object_get(doc, "began")),
		.ms = json_integer_value(json_object_get(doc, "ms")),
	};
	report = text_printf("%s/%s/report.html", g->dir, c->id);
	if (!c->label || !report)
		return -ENOMEM;
	/* What an unfinished or earlier try left is no result of this matrix. */
	if (json_is_null(json_object_get(doc, "exit")))
		return 0;
	c->results = load(g, c->id, "results.json");
	c->has_report = access(report, R_OK) == 0;
	if (!g->catalog)
		g->catalog = load(g, c->id, "catalog.json");
	return 0;
}

static const char *summary_of(const struct grid *g, const char *id)
{
	const json_t *claim;
	size_t i;

	json_array_foreach(json_object_get(g->catalog, "claims"), i, claim)
		if (strcmp(record_get_str(claim, "id"), id) == 0)
			return record_get_str(claim, "summary");
	return "";
}

static struct grid_claim *find_claim(struct grid *g, const char *id)
{
	struct grid_claim *bigger;

	for (size_t i = 0; i < g->n_claims; i++)
		if (strcmp(g->claims[i].id, id) == 0)
			return &g->claims[i];
	bigger = reallocarray(g->claims, g->n_claims + 1, sizeof(*bigger));
	if (!bigger)
		return NULL;
	g->claims = bigger;
	bigger += g->n_claims;
	*bigger = (struct grid_claim){ .id = id, .summary = summary_of(g, id) };
	bigger->results = calloc(g->n_cells, sizeof(const json_t *));
	if (!bigger->results)
		return NULL;
	g->n_claims++;
	return bigger;
}

static int fold(struct grid *g, size_t cell)
{
	json_t *result;
	size_t i;

	json_array_foreach(json_object_get(g->cells[cell].results, "results"), i, result) {
		struct grid_claim *claim = find_claim(g, record_get_str(result, "claim"));

		if (!claim)
			return -ENOMEM;
		if (!claim->results[cell] || html_rank(result) > html_rank(claim->results[cell]))
			claim->results[cell] = result;
	}
	return 0;
}

int grid_rank(const struct grid_claim *claim, size_t cell)
{
	return claim->results[cell] ? html_rank(claim->results[cell]) : 0;
}

static void find_extremes(struct grid *g)
{
	for (size_t i = 0; i < g->n_claims; i++) {
		struct grid_claim *claim = &g->claims[i];

		claim->best = 9, claim->worst = 0;
		for (size_t k = 0; k < g->n_cells; k++) {
			int rank = grid_rank(claim, k);

			if (!g->cells[k].results)
				continue;
			/* A crash takes all claims of its scenario with it: that is one thing, and
			 * no difference of each of them. */
			if (rank == 4) {
				claim->is_unclear = true;
				continue;
			}
			claim->best = rank < claim->best ? rank : claim->best;
			claim->worst = rank > claim->worst ? rank : claim->worst;
		}
		if (claim->best == 9)
			claim->best = 0;
	}
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct grid_claim *)a)->id, ((const struct grid_claim *)b)->id);
}

int grid_load(struct grid *g)
{
	const json_t *cells = json_object_get(g->doc, "cells"), *one;
	size_t i;
	int r = 0;

	g->cells = calloc(json_array_size(cells) + 1, sizeof(*g->cells));
	if (!g->cells)
		return -ENOMEM;
	json_array_foreach((json_t *)cells, i, one) {
		r = load_cell(g, one);
		if (r < 0)
			return r;
	}
	for (i = 0; r == 0 && i < g->n_cells; i++)
		r = fold(g, i);
	find_extremes(g);
	if (g->n_claims > 0)
		qsort(g->claims, g->n_claims, sizeof(*g->claims), by_id);
	return r;
}

void grid_clear(struct grid *g)
{
	for (size_t i = 0; i < g->n_cells; i++) {
		json_decref(g->cells[i].results);
		free(g->cells[i].label);
	}
	for (size_t i = 0; i < g->n_claims; i++)
		free(g->claims[i].results);
	free(g->cells);
	free(g->claims);
	json_decref(g->catalog);
}

const char *grid_css(const struct grid_cell *c)
{
	const json_t *counts = json_object_get(c->results, "counts");

	if (strcmp(c->state, "passed") == 0)
		return record_get_int(counts, "known") > 0 ? "known" : "pass";
	if (strcmp(c->state, "failed") == 0)
		return record_get_int(c->results, "exit_known_ok") == 0 && c->results ? "known"
										      : "fail";
	return strcmp(c->state, "no verdict") == 0 ? "error" : "skip";
}

const char *grid_duration(int64_t ms)
{
	static _Thread_local char buffers[4][40];
	static _Thread_local unsigned int next;
	char *buf = buffers[next++ % 4];
	long long s = (ms + 500) / 1000;

	if (s >= 3600)
		snprintf(buf, sizeof(buffers[0]), "%lld h %02lld min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(buf, sizeof(buffers[0]), "%lld min %02lld s", s / 60, s % 60);
	else
		snprintf(buf, sizeof(buffers[0]), "%lld s", s);
	return buf;
}

void grid_link(const struct grid *g, const struct grid_cell *c)
{
	if (c->has_report)
		html_put(g->out, "<a href=\"%s/report.html\">%s</a>", c->id, c->id);
	else
		html_put(g->out, "<a href=\"%s.log\">%s</a>", c->id, c->id);
}
