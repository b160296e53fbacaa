// SPDX-License-Identifier: GPL-2.0-or-later
/* /cells: a list of cells; and the table that other pages show cells in. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "site/pages/cells.h"
#include "site/pages/page.h"
#include "store/cells/list.h"

void cells_table_begin(struct out *out, const char *caption)
{
	out_put(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
		"<table class=\"list\"><thead><tr><th scope=\"col\">State</th><th scope=\"col\">Claim"
		"</th><th scope=\"col\">Scenario</th><th scope=\"col\">Kernel</th><th scope=\"col\">"
		"Machine</th><th scope=\"col\">Newest first</th><th scope=\"col\">Why</th></tr></thead>"
		"\n<tbody>",
		caption);
}

void cells_table_row(struct out *out, const struct rows *rows)
{
	const char *rule = rows_text(rows, LIST_CELL_RULE);

	out_raw(out, "<tr><td><a class=\"plain\" href=\"/cell/");
	out_put(out, "%lld\">", (long long)rows_int(rows, LIST_CELL_ID));
	page_state(out, (enum cell_state)rows_int(rows, LIST_CELL_STATE));
	out_raw(out, "</a></td><td class=\"id\">");
	page_link(out, "claim", rows_text(rows, LIST_CELL_CLAIM));
	out_raw(out, "</td><td class=\"id\">");
	page_link(out, "scenario", rows_text(rows, LIST_CELL_SCENARIO));
	out_put(out, "</td><td>%s", rows_text(rows, LIST_CELL_KERNEL));
	if (*rows_text(rows, LIST_CELL_OPTIONS))
		out_put(out, " <small>%s</small>", rows_text(rows, LIST_CELL_OPTIONS));
	out_raw(out, "</td><td>");
	page_link(out, "machine", rows_text(rows, LIST_CELL_MACHINE));
	out_put(out, " <small>%s</small></td><td>", rows_text(rows, LIST_CELL_ARCH));
	page_recent(out, rows_text(rows, LIST_CELL_RECENT));
	out_put(out, "</td><td class=\"why\">%s</td></tr>\n",
		*rule ? rule : rows_text(rows, LIST_CELL_WHY));
}

void cells_table_end(struct out *out)
{
	out_raw(out, "</tbody></table></div>\n");
}

static int put_cells(struct request *r, const struct filter *filter, int64_t after,
		     int64_t *ret_last)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int64_t last = 0;
	int count = 0, n;

	n = list_cells(r->db, filter, after, LIMITS_PAGE_ROWS, &rows, &r->err);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0)
			cells_table_begin(&r->reply.body, "Cells");
		cells_table_row(&r->reply.body, &rows);
		last = rows_int(&rows, LIST_CELL_ID);
	}
	if (count > 0)
		cells_table_end(&r->reply.body);
	else
		out_raw(&r->reply.body, "<p>No cell is like that.</p>");
	*ret_last = count == LIMITS_PAGE_ROWS ? last : 0;
	return n;
}

int page_cells(struct request *r)
{
	int64_t after = request_number(r, "after", 0), last = 0;
	struct out query = { 0 }, *out;
	struct filter filter;
	char key[24];
	int n;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	out = page_begin(r, "Cells", "/matrix");
	out_raw(out,
		"<p class=\"note\">A cell is a claim in a scenario on a machine with a kernel and "
		"its options.</p>\n");
	n = page_filter_form(r, &filter, "/cells", "");
	if (n >= 0)
		n = put_cells(r, &filter, after < 0 ? 0 : after, &last);
	if (n >= 0 && last) {
		snprintf(key, sizeof(key), "%" PRId64, last);
		page_filter_url(&query, &filter, NULL);
		page_next(out, "/cells", query.text ? query.text : "", key);
	}
	out_free(&query);
	page_follow(r, "cells", &filter);
	return n < 0 ? n : page_end(r);
}
