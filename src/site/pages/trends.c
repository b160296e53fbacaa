// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /trends: the last runs as two pictures, what each brought and how long its acts took, drawn here:
 * so they are there without a script, on paper, and in a site of files. Their numbers stand below.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "site/pages/page.h"
#include "site/pages/runs.h"
#include "site/web/site.h"
#include "store/cells/timing.h"

#define RUNS 200
#define WIDTH 1000
#define HEIGHT 160

struct point {
	char *run, *kernel, *machine;
	int64_t at, results[4], us[4];
};

struct points {
	struct point list[RUNS]; /* the oldest first, once all are read */
	int n;
};

static const struct {
	const char *word, *title;
} parts[] = {
	{ "pass", "pass" }, { "known", "known" }, { "skip", "proved nothing" }, { "fail", "broken" }
};
/* Of `results`, in the order in which bars grow. */
static const int order[] = { TREND_PASS, TREND_KNOWN, TREND_OTHER, TREND_FAIL };

static const struct {
	const char *mark, *title;
} lines[] = { { "l0", "offline, median" },
	      { "l1", "offline, 95 %" },
	      { "l2", "online, median" },
	      { "l3", "online, 95 %" } };

static void cleanup_points(struct points **p)
{
	for (int i = 0; *p && i < (*p)->n; i++) {
		free((*p)->list[i].run);
		free((*p)->list[i].kernel);
		free((*p)->list[i].machine);
	}
	free(*p);
}

static int read_points(struct request *r, const struct filter *filter, struct points *p)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int n = timing_trend(r->db, filter, RUNS, &rows, &r->err);

	while (n >= 0 && p->n < RUNS && (n = rows_next(&rows, &r->err)) == 1) {
		struct point *one = &p->list[p->n++];

		*one = (struct point){ .run = strdup(rows_text(&rows, TREND_RUN)),
				       .kernel = strdup(rows_text(&rows, TREND_KERNEL)),
				       .machine = strdup(rows_text(&rows, TREND_MACHINE)),
				       .at = rows_int(&rows, TREND_AT) };
		if (!one->run || !one->kernel || !one->machine)
			return error_set(&r->err, ENOMEM, "out of memory for trends");
		for (int i = 0; i < 4; i++) {
			one->results[i] = rows_int(&rows, order[i]);
			one->us[i] = rows_int(&rows, TREND_OFFLINE + i);
		}
	}
	for (int i = 0; i < p->n / 2; i++) {
		struct point swap = p->list[i];

		p->list[i] = p->list[p->n - 1 - i];
		p->list[p->n - 1 - i] = swap;
	}
	return n < 0 ? n : 0;
}

static void begin_picture(struct out *out, const char *title, const char *label)
{
	out_put(out,
		"<h2>%s</h2>\n<svg class=\"trend\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
		"role=\"img\" aria-label=\"%s; the numbers are in the table below\">",
		title, WIDTH, HEIGHT, label);
}

/* A bar a run: what it brought, as shares. */
static void put_bars(struct out *out, const struct points *p)
{
	begin_picture(out, "What each run brought", "Shares of passes and failures, run by run");
	for (int i = 0; i < p->n; i++) {
		const struct point *one = &p->list[i];
		int64_t all = 0, from = 0;
		int x = i * WIDTH / p->n, width = (i + 1) * WIDTH / p->n - x;

		for (int k = 0; k < 4; k++)
			all += one->results[k];
		for (int k = 0; k < 4 && all > 0; k++) {
			int64_t y = from * HEIGHT / all,
				end = (from + one->results[k]) * HEIGHT / all;

			from += one->results[k];
			if (one->results[k] > 0 && end - y < 3)
				y = end > 3 ? end - 3 : 0; /* one of thousands is seen */
			if (one->results[k] > 0)
				out_put(out,
					"<rect class=\"s-%s\" x=\"%d\" y=\"%lld\" width=\"%d\" height=\"%lld\"/>",
					parts[k].word, x, (long long)(HEIGHT - end),
					width > 2 ? width - 1 : width, (long long)(end - y));
		}
	}
	out_raw(out, "</svg>\n<ul class=\"legend\">");
	for (int k = 0; k < 4; k++)
		out_put(out, "<li><span class=\"state s-%s\">%s</span></li>", parts[k].word,
			parts[k].title);
	out_raw(out, "</ul>\n");
}

static int64_t longest(const struct points *p)
{
	int64_t most = 0;

	for (int i = 0; i < p->n; i++)
		for (int k = 0; k < 4; k++)
			if (p->list[i].us[k] > most)
				most = p->list[i].us[k];
	return most;
}

/* A run without acts leaves its line as it was. */
static void put_lines(struct out *out, const struct points *p)
{
	int64_t most = longest(p);

	if (most == 0)
		return;
	begin_picture(out, "How long acts took", "Latency of offlining and onlining, run by run");
	for (int k = 0; k < 4; k++) {
		out_put(out, "<polyline class=\"%s\" points=\"", lines[k].mark);
		for (int i = 0; i < p->n; i++)
			if (p->list[i].us[k] > 0)
				out_put(out, "%d,%lld ", (2 * i + 1) * WIDTH / (2 * p->n),
					(long long)(HEIGHT - 2 -
						    p->list[i].us[k] * (HEIGHT - 4) / most));
		out_raw(out, "\"/>");
	}
	out_raw(out, "</svg>\n<ul class=\"legend\">");
	for (int k = 0; k < 4; k++)
		out_put(out,
			"<li><svg class=\"key\" viewBox=\"0 0 24 8\" aria-hidden=\"true\"><polyline "
			"class=\"%s\" points=\"0,4 24,4\"/></svg> %s</li>",
			lines[k].mark, lines[k].title);
	out_put(out, "<li>the top is %lld µs</li></ul>\n", (long long)most);
}

static void put_table(struct out *out, const struct points *p)
{
	out_raw(out,
		"<details><summary>The numbers</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
		"aria-label=\"Numbers\"><table class=\"list\"><thead><tr><th scope=\"col\">Began</th>"
		"<th scope=\"col\">Run</th><th scope=\"col\">Machine</th><th scope=\"col\">Kernel</th>");
	for (int k = 0; k < 4; k++)
		out_put(out, "<th scope=\"col\">%s</th>", parts[k].title);
	for (int k = 0; k < 4; k++)
		out_put(out, "<th scope=\"col\">%s, µs</th>", lines[k].title);
	out_raw(out, "</tr></thead>\n<tbody>");
	for (int i = p->n - 1; i >= 0; i--) {
		out_raw(out, "<tr><td>");
		out_time(out, p->list[i].at);
		out_raw(out, "</td><td class=\"id\">");
		page_link(out, "run", p->list[i].run);
		out_put(out, "</td><td>%s</td><td>%s</td>", p->list[i].machine, p->list[i].kernel);
		for (int k = 0; k < 4; k++)
			out_put(out, "<td class=\"num\">%lld</td>",
				(long long)p->list[i].results[k]);
		for (int k = 0; k < 4; k++)
			out_put(out, "<td class=\"num\">%lld</td>", (long long)p->list[i].us[k]);
		out_raw(out, "</tr>\n");
	}
	out_raw(out, "</tbody></table></div></details>\n");
}

int page_trends(struct request *r)
{
	struct points *p _cleanup_(cleanup_points) = calloc(1, sizeof(*p));
	struct filter filter;
	struct out *out;
	int n;

	if (!p || !request_db(r))
		return p ? -r->err.code : error_set(&r->err, ENOMEM, "out of memory for trends");
	page_filter_read(r, &filter);
	n = read_points(r, &filter, p);
	if (n < 0)
		return n;
	out = page_begin(r, "Trends", "/runs");
	out_put(out, "<p class=\"summary\">The last %d runs, the oldest on the left.</p>\n", p->n);
	n = runs_filter_form(r, &filter, "/trends");
	if (p->n > 0) {
		put_bars(out, p);
		put_lines(out, p);
		put_table(out, p);
	} else {
		out_raw(out, "<p>There is no such run.</p>\n");
	}
	return n < 0 ? n : page_end(r);
}
