// SPDX-License-Identifier: GPL-2.0-or-later
/* /catalogue, /claim/ID, /scenario/ID: what there is to prove, each with how it stands. */
#include <errno.h>
#include <string.h>

#include "site/pages/cells.h"
#include "site/pages/page.h"
#include "site/web/site.h"
#include "store/cells/list.h"
#include "store/people/idea.h"

static void begin_table(struct out *out, const char *title, int64_t count)
{
	out_put(out,
		"<h2>%s <small>%lld</small></h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
		"aria-label=\"%s\"><table class=\"list\"><thead><tr><th scope=\"col\">Id</th>"
		"<th scope=\"col\">Summary</th><th scope=\"col\">Proved</th><th scope=\"col\">Worst</th>"
		"</tr></thead>\n<tbody>",
		title, (long long)count, title);
}

/* Rows of name and summary, with how each stands. */
static int put_table(struct request *r, const char *kind, enum matrix_axis axis, const char *title,
		     const char *sql)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = matrix_by(site_cube(r->site), r->db, axis, &(struct filter){ 0 }, &m, &r->err);

	if (n >= 0)
		n = db_select(r->db, &rows, &r->err, sql, NULL);
	if (n < 0)
		return n;
	begin_table(out, title, m->n_rows);
	while ((n = rows_next(&rows, &r->err)) == 1) {
		const struct matrix_count *count = matrix_find(m, rows_text(&rows, 0));

		out_raw(out, "<tr><td class=\"id\">");
		page_link(out, kind, rows_text(&rows, 0));
		out_put(out, "</td><td>%s</td><td class=\"num\">", rows_text(&rows, 1));
		if (count && matrix_coverage(count) >= 0)
			out_put(out, "%d%%", matrix_coverage(count));
		out_raw(out, "</td><td>");
		if (count)
			page_look(out, matrix_look(count));
		out_raw(out, "</td></tr>\n");
	}
	out_raw(out, "</tbody></table></div>\n");
	return n;
}

int page_catalogue(struct request *r)
{
	struct out *out;
	int n;

	if (!request_db(r))
		return -r->err.code;
	out = page_begin(r, "Catalogue", "/catalogue");
	out_raw(out,
		"<p class=\"summary\">All that hotproof can prove, made from the program itself.</p>\n");
	n = put_table(r, "scenario", MATRIX_SCENARIO, "Scenarios",
		      "SELECT name,summary FROM scenario WHERE is_current=1 ORDER BY name");
	if (n >= 0)
		n = put_table(r, "claim", MATRIX_CLAIM, "Claims",
			      "SELECT name,summary FROM claim WHERE is_current=1 ORDER BY name");
	return n < 0 ? n : page_end(r);
}

static void put_lines(struct out *out, const char *title, const char *lines)
{
	if (!*lines)
		return;
	out_put(out, "<h3>%s</h3><ul>", title);
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		out_raw(out, "<li><code>");
		out_text(out, lines, len);
		out_raw(out, "</code></li>");
		lines += len + (lines[len] == '\n');
	}
	out_raw(out, "</ul>\n");
}

static int put_coverage(struct request *r, const struct filter *filter, const char *url,
			const char *id)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n = matrix_read(site_cube(r->site), r->db, MATRIX_ARCH, MATRIX_SERIES,
				       filter, &m, &r->err);

	if (n < 0)
		return n;
	out_raw(out, "<h2>How it stands</h2>\n");
	page_coverage(out, &m->all);
	out_put(out, "<p><a href=\"%s", url);
	out_url(out, id);
	out_raw(out, "\">Its matrix</a></p>\n");
	struct filter broken = *filter;

	broken.state = "broken";
	n = list_cells(r->db, &broken, 0, 50, &rows, &r->err);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0) {
			out_raw(out, "<h2>Broken on</h2>\n");
			cells_table_begin(out, "Broken on");
		}
		cells_table_row(out, &rows);
	}
	if (count)
		cells_table_end(out);
	return n;
}

/* What the pages of claims and scenarios have in common: one thing of the catalogue. Its query
 * gives summary, explain, and the texts that stand below. */
struct thing {
	const char *kind, *sql;
	struct filter filter;
	const char *url;
};

static int begin_thing(struct request *r, const struct thing *thing, struct rows *rows)
{
	struct db *db = request_db(r);
	int n = db ? db_select(db, rows, &r->err, thing->sql, "s", r->parts[0]) : -r->err.code;

	if (n >= 0)
		n = rows_next(rows, &r->err);
	if (n == 0)
		return error_set(&r->err, ENOENT, "there is no %s \"%.80s\"", thing->kind,
				 r->parts[0]);
	if (n < 0)
		return n;
	page_begin(r, r->parts[0], "/catalogue");
	out_put(&r->reply.body, "<p class=\"summary\">%s.</p>\n", rows_text(rows, 0));
	return 0;
}

static int put_thing(struct request *r, const struct thing *thing, const struct rows *rows)
{
	page_markdown(&r->reply.body, rows_text(rows, 1));
	return put_coverage(r, &thing->filter, thing->url, r->parts[0]);
}

int page_claim(struct request *r)
{
	const struct thing thing = {
		"claim",
		"SELECT summary,explain,made_by,refs,faults,is_current FROM claim WHERE name=?1",
		{ .claim = r->parts[0] },
		"/matrix?rows=claim&columns=kernel&claim=",
	};
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = begin_thing(r, &thing, &rows);

	if (n < 0)
		return n;
	if (!rows_int(&rows, 5))
		out_raw(out,
			"<p class=\"note\">The catalogue of this site does not name it.</p>\n");
	n = put_thing(r, &thing, &rows);
	put_lines(out, "Made by", rows_text(&rows, 2));
	put_lines(out, "Source of the rule", rows_text(&rows, 3));
	put_lines(out, "Seeded faults that must make it fail", rows_text(&rows, 4));
	return n < 0 ? n : page_end(r);
}

int page_scenario(struct request *r)
{
	const struct thing thing = {
		"scenario",
		"SELECT summary,explain,needs,is_deep FROM scenario WHERE name=?1",
		{ .scenario = r->parts[0] },
		"/matrix?rows=claim&columns=kernel&scenario=",
	};
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = begin_thing(r, &thing, &rows);

	if (n < 0)
		return n;
	if (rows_int(&rows, 3))
		out_raw(out,
			"<p class=\"note\">It takes long, and is played only when asked for.</p>\n");
	n = put_thing(r, &thing, &rows);
	put_lines(out, "Needs", rows_text(&rows, 2));
	return n < 0 ? n : page_end(r);
}
