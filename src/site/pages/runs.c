// SPDX-License-Identifier: GPL-2.0-or-later
/* /runs: the newest first. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "site/pages/page.h"
#include "site/pages/runs.h"
#include "store/cells/list.h"

void runs_table_begin(struct out *out)
{
	out_raw(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Runs\">"
		"<table class=\"list\"><thead><tr><th scope=\"col\">Began</th><th scope=\"col\">Run</th>"
		"<th scope=\"col\">Machine</th><th scope=\"col\">Kernel</th><th scope=\"col\">Pass</th>"
		"<th scope=\"col\">Fail</th><th scope=\"col\">Known</th><th scope=\"col\">Skip</th>"
		"<th scope=\"col\">Other</th></tr></thead>\n<tbody>");
}

static void put_number(struct out *out, int64_t n, const char *state)
{
	if (n)
		out_put(out, "<td class=\"num\"><span class=\"state s-%s\">%lld</span></td>", state,
			(long long)n);
	else
		out_raw(out, "<td class=\"num zero\">0</td>");
}

void runs_table_row(struct out *out, const struct rows *rows)
{
	int64_t crashed = rows_int(rows, LIST_RUN_TIMEOUT) + rows_int(rows, LIST_RUN_CRASH);

	out_raw(out, "<tr><td>");
	out_time(out, rows_int(rows, LIST_RUN_BEGAN));
	out_raw(out, "</td><td class=\"id\">");
	page_link(out, "run", rows_text(rows, LIST_RUN_NAME));
	if (!rows_int(rows, LIST_RUN_COMPLETE))
		out_raw(out, " <small class=\"warn\">not complete</small>");
	out_raw(out, "</td><td>");
	page_link(out, "machine", rows_text(rows, LIST_RUN_MACHINE));
	out_put(out, "</td><td>%s", rows_text(rows, LIST_RUN_KERNEL));
	if (*rows_text(rows, LIST_RUN_OPTIONS))
		out_put(out, " <small>%s</small>", rows_text(rows, LIST_RUN_OPTIONS));
	out_raw(out, "</td>");
	put_number(out, rows_int(rows, LIST_RUN_PASS), "pass");
	put_number(out, rows_int(rows, LIST_RUN_FAIL), "fail");
	put_number(out, rows_int(rows, LIST_RUN_KNOWN), "known");
	put_number(out, rows_int(rows, LIST_RUN_SKIP), "skip");
	put_number(out, crashed ? crashed : rows_int(rows, LIST_RUN_ERROR),
		   crashed ? "crash" : "error");
	out_raw(out, "</tr>\n");
}

/* "1795430000-17": the time and number of the last run that was shown. */
static struct list_run_key read_key(const struct request *r)
{
	struct list_run_key key = { 0 };

	if (sscanf(request_query(r, "after"), "%" SCNd64 "-%" SCNd64, &key.began_at, &key.id) != 2)
		key = (struct list_run_key){ 0 };
	return key;
}

static int put_runs(struct request *r, const struct filter *filter, char key[48])
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n;

	n = list_runs(r->db, filter, read_key(r), LIMITS_PAGE_ROWS, &rows, &r->err);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0)
			runs_table_begin(out);
		runs_table_row(out, &rows);
		snprintf(key, 48, "%" PRId64 "-%" PRId64, rows_int(&rows, LIST_RUN_BEGAN),
			 rows_int(&rows, LIST_RUN_ID));
	}
	out_raw(out, count ? "</tbody></table></div>\n" : "<p>There is no such run.</p>\n");
	if (count < LIMITS_PAGE_ROWS)
		key[0] = '\0';
	return n;
}

int runs_filter_form(struct request *r, const struct filter *filter, const char *action)
{
	static const struct {
		const char *what, *label;
	} menus[] = { { "arch", "Architecture" },
		      { "series", "Series" },
		      { "kernel", "Kernel" },
		      { "machine", "Machine" } };
	int n = 0;

	out_put(&r->reply.body, "<form class=\"filter\" action=\"%s\">", action);
	for (size_t i = 0; n >= 0 && i < ARRAY_SIZE(menus); i++)
		n = page_menu(r, menus[i].what, menus[i].label,
			      *filter_field((struct filter *)filter, menus[i].what));
	out_raw(&r->reply.body, "<button>Show</button></form>\n");
	return n;
}

int runs_find(struct request *r, struct rows *run)
{
	int n;

	if (!request_db(r))
		return -r->err.code;
	n = list_run(r->db, r->parts[0], run, &r->err);
	if (n >= 0)
		n = rows_next(run, &r->err);
	return n == 0 ? error_set(&r->err, ENOENT, "there is no run \"%.80s\"", r->parts[0]) : n;
}

int page_runs(struct request *r)
{
	struct out query = { 0 }, *out;
	struct filter filter;
	char key[48] = "";
	int n = 0;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	out = page_begin(r, "Runs", "/runs");
	out_raw(out, "<p><a href=\"/trends?");
	page_filter_url(out, &filter, NULL);
	out_raw(out, "\">Trends of these runs</a></p>\n");
	n = runs_filter_form(r, &filter, "/runs");
	if (n >= 0)
		n = put_runs(r, &filter, key);
	if (n >= 0 && key[0]) {
		page_filter_url(&query, &filter, NULL);
		page_next(out, "/runs", query.text ? query.text : "", key);
	}
	out_free(&query);
	page_follow(r, "runs", &filter);
	return n < 0 ? n : page_end(r);
}
