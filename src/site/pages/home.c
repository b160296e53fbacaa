// SPDX-License-Identifier: GPL-2.0-or-later
/* /: what broke, how much is proved, what came in. And /help: what the states mean. */
#include <stdio.h>
#include <string.h>

#include "site/pages/cells.h"
#include "site/pages/page.h"
#include "site/web/site.h"
#include "site/pages/runs.h"
#include "store/cells/list.h"
#include "store/people/idea.h"

#define SHOWN 8

/* A crash takes all claims of its scenario along: one of them is enough here. */
static bool is_the_same_crash(const struct rows *rows, char last[LIMITS_NAME * 4])
{
	char now[LIMITS_NAME * 4];
	bool is_same;

	if (rows_int(rows, LIST_CELL_STATE) != CELL_CRASH)
		return false;
	snprintf(now, sizeof(now), "%s %s %s", rows_text(rows, LIST_CELL_RUN),
		 rows_text(rows, LIST_CELL_SCENARIO), rows_text(rows, LIST_CELL_KERNEL));
	is_same = strcmp(now, last) == 0;
	strcpy(last, now);
	return is_same;
}

static int put_broken(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	char last[LIMITS_NAME * 4] = "";
	int count = 0, n = list_broken(r->db, SHOWN * 50, &rows, &r->err);

	out_raw(out,
		"<h2>Broken now <small><a href=\"/cells?state=broken\">all</a></small></h2>\n");
	while (n >= 0 && count < SHOWN && (n = rows_next(&rows, &r->err)) == 1) {
		if (is_the_same_crash(&rows, last))
			continue;
		if (count++ == 0)
			cells_table_begin(out, "Broken cells");
		cells_table_row(out, &rows);
	}
	if (count)
		cells_table_end(out);
	else
		out_raw(out, "<p>Nothing that was tried is broken.</p>\n");
	return n;
}

static int put_runs(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n = list_runs(r->db, &(struct filter){ 0 }, (struct list_run_key){ 0 },
				     SHOWN, &rows, &r->err);

	out_raw(out, "<h2>Newest runs <small><a href=\"/runs\">all</a></small></h2>\n");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0)
			runs_table_begin(out);
		runs_table_row(out, &rows);
	}
	out_raw(out,
		count ? "</tbody></table></div>\n"
		      : "<p>None yet. <code>hotproof tracker import DIR</code> takes one in.</p>\n");
	return n;
}

static int put_ideas(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = idea_list(r->db, NULL, -1, 0, 5, &rows, &r->err);

	out_raw(out, "<h2>Ideas most wanted <small><a href=\"/ideas\">all</a></small></h2>\n<ul>");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		out_put(out, "<li><a href=\"/idea/%lld\">%s</a> <small>%lld want it</small></li>",
			(long long)rows_int(&rows, IDEA_ID), rows_text(&rows, IDEA_TITLE),
			(long long)rows_int(&rows, IDEA_WANT));
	out_raw(out, "<li><a href=\"/ideas/new\">Something is missing?</a></li></ul>\n");
	return n;
}

/* Architectures by series: the way in for whoever knows what they look for. */
static int put_overview(struct request *r)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	struct out *out = &r->reply.body;
	int n = matrix_read(site_cube(r->site), r->db, MATRIX_ARCH, MATRIX_SERIES,
			    &(struct filter){ 0 }, &m, &r->err);

	if (n < 0)
		return n;
	out_raw(out, "<h2>Coverage</h2>\n");
	page_coverage(out, &m->all);
	if (m->n_rows == 0)
		return 0;
	out_raw(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Coverage by "
		"architecture\"><table class=\"matrix\"><thead><tr><th scope=\"col\">Proved</th>");
	for (int c = 0; c < m->n_columns; c++)
		out_put(out, "<th scope=\"col\">%s</th>", m->columns[c]);
	out_raw(out, "</tr></thead><tbody>");
	for (int row = 0; row < m->n_rows; row++) {
		out_put(out, "<tr><th scope=\"row\">%s</th>",
			*m->rows[row] ? m->rows[row] : "unknown");
		for (int c = 0; c < m->n_columns; c++) {
			const struct matrix_count *count = matrix_at(m, row, c);

			if (count->total == 0) {
				out_raw(out, "<td></td>");
				continue;
			}
			out_put(out, "<td><a class=\"m s-%s\" href=\"/matrix?arch=",
				matrix_look(count).word);
			out_url(out, m->rows[row]);
			out_raw(out, "&amp;series=");
			out_url(out, m->columns[c]);
			out_put(out,
				"\"><span class=\"v\">%d%%<span class=\"h\"> proved: %s</span></span>",
				matrix_coverage(count) < 0 ? 0 : matrix_coverage(count),
				matrix_look(count).title);
			page_bar(out, count);
			out_raw(out, "</a></td>");
		}
		out_raw(out, "</tr>\n");
	}
	out_raw(out, "</tbody></table></div>\n");
	return 0;
}

int page_home(struct request *r)
{
	struct out *out;
	int n;

	if (!request_db(r))
		return -r->err.code;
	out = page_begin(r, "What is proved of CPU hotplug", "/");
	out_raw(out,
		"<p class=\"summary\">What was proved, what was not, and what nobody has tried.</p>\n");
	n = page_changes_form(r, "", &(struct filter){ 0 });
	if (n >= 0)
		n = put_broken(r);
	if (n >= 0)
		n = put_overview(r);
	if (n >= 0)
		n = put_runs(r);
	if (n >= 0)
		n = put_ideas(r);
	return n < 0 ? n : page_end(r);
}

int page_help(struct request *r)
{
	struct out *out = page_begin(r, "What the states mean", "");

	out_raw(out,
		"<p>A <b>target</b> is a kernel with its options on a machine. It has a <b>cell</b> "
		"for each claim of each scenario that it is watched in. Coverage is the share of "
		"passes among the cells that apply: a skip, a limit or a blocked cell is no pass."
		"</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"States\">"
		"<table class=\"list\"><thead><tr><th scope=\"col\">State</th><th scope=\"col\">"
		"Meaning</th></tr></thead><tbody>");
	for (int i = 0; i < CELL_STATES; i++) {
		out_raw(out, "<tr><td>");
		page_state(out, (enum cell_state)i);
		out_put(out, "</td><td>%s</td></tr>\n", cell_words[i].explain);
	}
	out_raw(out,
		"</tbody></table></div>\n<h2>Letters</h2>\n<p>Results in a row, the newest first: ");
	page_recent(out, "PFKSULETC");
	out_raw(out,
		" pass, fail, known defect, skip, not exercised, limit, not judged, timeout, crash."
		"</p>\n");
	return page_end(r);
}
