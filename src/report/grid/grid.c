// SPDX-License-Identifier: GPL-2.0-or-later
/* The page as a whole: head, verdict as a sentence, sections. Its policy lets nothing be loaded and
 * no script run. */
#include "report/grid/grid.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "report/html/html.h"

extern const char html_css_text[], grid_css_text[];

static size_t count(const struct grid *g, const char *state)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_cells; i++)
		n += strcmp(g->cells[i].state, state) == 0;
	return n;
}

static void put_status(struct grid *g)
{
	size_t failed = count(g, "failed"), passed = count(g, "passed"),
	       none = count(g, "no verdict"), left = count(g, "waiting") + count(g, "running");
	const char *css = "pass", *word = "✓ passed";

	if (failed > 0)
		css = "fail", word = "✗ failed";
	else if (none > 0)
		css = "error", word = "? not all could be judged";
	else if (left > 0)
		css = "skip", word = "… not ended yet";
	else if (passed == 0)
		css = "skip", word = "– nothing could be tried";
	html_put(g->out, "<p class=\"status %s\">%s</p>\n", css, word);
}

static void put_sentence(struct grid *g)
{
	static const char *const states[][2] = {
		{ "failed", "failed" },         { "no verdict", "gave no verdict" },
		{ "untried", "tried nothing" }, { "absent", "could not be had here" },
		{ "running", "still run" },     { "waiting", "wait" },
	};
	size_t passed = count(g, "passed"), broken = 0, known = 0;

	html_put(g->out, "<h1>%zu of %zu cells passed", passed, g->n_cells);
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (count(g, states[i][0]) > 0)
			html_put(g->out, ", %zu %s", count(g, states[i][0]), states[i][1]);
	for (size_t i = 0; i < g->n_claims; i++) {
		broken += g->claims[i].worst == 5;
		known += g->claims[i].worst == 3;
	}
	if (broken > 0)
		html_put(g->out, "; %zu claim%s broken somewhere", broken,
			 broken == 1 ? " was" : "s were");
	if (known > 0)
		html_put(g->out, "; %zu claim%s broken by a known defect", known,
			 known == 1 ? " was" : "s were");
	fputs(".</h1>\n", g->out);
}

static void put_began(struct grid *g)
{
	int64_t from = INT64_MAX, to = 0, spent = 0;
	char stamp[40];
	struct tm tm;
	time_t t;

	for (size_t i = 0; i < g->n_cells; i++) {
		const struct grid_cell *c = &g->cells[i];

		spent += c->ms;
		if (c->began_ms <= 0)
			continue;
		from = c->began_ms < from ? c->began_ms : from;
		to = c->began_ms + c->ms > to ? c->began_ms + c->ms : to;
	}
	if (to > 0) {
		t = (time_t)(from / 1000);
		gmtime_r(&t, &tm);
		strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M UTC", &tm);
		html_put(
			g->out,
			"<div><dt>began</dt><dd>%s</dd></div><div><dt>lasted</dt><dd>%s</dd></div>",
			stamp, grid_duration(to - from));
	}
	html_put(g->out, "<div><dt>all cells together</dt><dd>%s</dd></div>", grid_duration(spent));
}

static void put_facts(struct grid *g)
{
	const json_t *word;
	size_t i;

	fputs("<dl class=\"facts\">", g->out);
	html_put(g->out, "<div><dt>matrix</dt><dd>%s</dd></div>", record_get_str(g->doc, "matrix"));
	put_began(g);
	fputs("<div><dt>each cell</dt><dd><code>hotproof lab run", g->out);
	json_array_foreach(json_object_get(g->doc, "words"), i, word)
		html_put(g->out, " %s", json_string_value(word));
	fputs("</code></dd></div></dl>\n", g->out);
}

static void put_head(struct grid *g)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
	      "form-action 'none'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"referrer\" content=\"no-referrer\"/>\n",
	      g->out);
	html_put(g->out, "<title>hotproof: %s</title>\n<style>", record_get_str(g->doc, "matrix"));
	fputs(html_css_text, g->out);
	fputs(grid_css_text, g->out);
	fputs("</style></head>\n<body>\n<main>\n", g->out);
}

int grid_write(const json_t *document, const char *dir, FILE *out)
{
	struct grid g = { .out = out, .doc = document, .dir = dir };
	int r = grid_load(&g);

	if (r == 0) {
		put_head(&g);
		fputs("<header>\n", out);
		put_status(&g);
		put_sentence(&g);
		put_facts(&g);
		fputs("</header>\n", out);
		grid_cells(&g);
		grid_differs(&g);
		grid_acts(&g);
		grid_times(&g);
		fputs("</main>\n<footer>Made by hotproof from the cells' results alone.</footer>\n</body></html>\n",
		      out);
	}
	grid_clear(&g);
	return r;
}
