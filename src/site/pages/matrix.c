// SPDX-License-Identifier: GPL-2.0-or-later
/* /matrix: cells by any two axes, and the way down to a single one. */
#include <string.h>

#include "site/pages/page.h"
#include "site/web/site.h"

static enum matrix_axis axis(const struct request *r, const char *name, enum matrix_axis fallback)
{
	enum matrix_axis a = matrix_axis_of(request_query(r, name));

	return a == MATRIX_AXES ? fallback : a;
}

static void put_axis_menu(struct out *out, const char *name, const char *label,
			  enum matrix_axis chosen)
{
	out_put(out, "<label>%s <select name=\"%s\">", label, name);
	for (int i = 0; i < MATRIX_AXES; i++)
		out_put(out, "<option value=\"%s\"%s>%s</option>", matrix_axes[i].word,
			(int)chosen == i ? " selected" : "", matrix_axes[i].title);
	out_raw(out, "</select></label>");
}

static void put_axes(struct out *out, const struct filter *filter, enum matrix_axis rows,
		     enum matrix_axis columns)
{
	out_raw(out, "<form class=\"filter\" action=\"/matrix\">");
	put_axis_menu(out, "rows", "Rows", rows);
	put_axis_menu(out, "columns", "Columns", columns);
	for (const char *const *name = filter_names; *name; name++) {
		const char *value = *filter_field((struct filter *)filter, *name);

		if (value)
			out_put(out, "<input type=\"hidden\" name=\"%s\" value=\"%s\"/>", *name,
				value);
	}
	out_raw(out, "<button>Turn</button></form>\n");
}

static void put_label(struct out *out, const char *label)
{
	const char *paren = strchr(label, '(');

	if (!*label) {
		out_raw(out, "<i>none</i>");
	} else if (paren && paren > label) {
		out_text(out, label, (size_t)(paren - label));
		out_put(out, "<small>%s</small>", paren);
	} else {
		out_put(out, "%s", label);
	}
}

struct place {
	const struct filter *filter;
	const struct matrix *m;
};

/* The narrower matrix of one row, one column or one cell: label NULL is not narrowed. */
static void put_target(struct out *out, const struct place *p, const char *row, const char *column)
{
	const struct matrix_axis_word *ra = &matrix_axes[p->m->rows_axis],
				      *ca = &matrix_axes[p->m->columns_axis];
	struct filter f = *p->filter;

	if (row)
		*filter_field(&f, ra->word) = row;
	if (column)
		*filter_field(&f, ca->word) = column;
	out_put(out, "/matrix?rows=%s&amp;columns=%s",
		matrix_axes[row ? ra->narrower : p->m->rows_axis].word,
		matrix_axes[column ? ca->narrower : p->m->columns_axis].word);
	page_filter_url(out, &f, NULL);
}

/* Below a claim there is only the list of its cells. */
static bool is_at_the_bottom(const struct matrix *m)
{
	return m->rows_axis == MATRIX_CLAIM;
}

static void put_link(struct out *out, const struct place *p, const struct matrix_count *count,
		     const char *row, const char *column)
{
	struct filter f = *p->filter;

	if (count->total == 1) {
		out_put(out, "/cell/%lld", (long long)count->one);
	} else if (is_at_the_bottom(p->m)) {
		*filter_field(&f, matrix_axes[p->m->rows_axis].word) = row;
		*filter_field(&f, matrix_axes[p->m->columns_axis].word) = column;
		out_raw(out, "/cells?");
		page_filter_url(out, &f, NULL);
	} else {
		put_target(out, p, row, column);
	}
}

static void put_cell(struct out *out, const struct place *p, int row, int column)
{
	const struct matrix_count *count = matrix_at(p->m, row, column);
	struct matrix_look look = matrix_look(count);
	int applicable = count->total - count->n[CELL_NOT_APPLICABLE];

	if (count->total == 0) {
		out_raw(out, "<td></td>");
		return;
	}
	out_raw(out, "<td><a class=\"m s-");
	out_put(out, "%s\" href=\"", look.word);
	put_link(out, p, count, p->m->rows[row], p->m->columns[column]);
	out_put(out,
		"\"><span class=\"v\"><span aria-hidden=\"true\">%s</span>"
		"<span class=\"h\">%s, passed </span> ",
		look.symbol, look.title);
	if (applicable == 1)
		out_put(out, "<span class=\"w\">%s</span>", look.title);
	else
		out_put(out, "%d<span class=\"of\">/%d</span>", count->n[CELL_PASS], applicable);
	if (count->n[CELL_BLOCKED] && applicable > 1)
		out_put(out,
			"<small class=\"by\"><span aria-hidden=\"true\">%s</span>"
			"<span class=\"h\">, blocked </span>%d</small>",
			cell_words[CELL_BLOCKED].symbol, count->n[CELL_BLOCKED]);
	out_raw(out, "</span>");
	if (count->total > 1)
		page_bar(out, count);
	out_raw(out, "</a></td>");
}

static void put_table(struct out *out, const struct place *p)
{
	const struct matrix *m = p->m;
	int rows = m->n_rows < LIMITS_MATRIX_ROWS ? m->n_rows : LIMITS_MATRIX_ROWS;
	int columns = m->n_columns < LIMITS_MATRIX_COLUMNS ? m->n_columns : LIMITS_MATRIX_COLUMNS;
	int first = m->n_columns - columns; /* of kernels, the newest are the last */

	out_raw(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Matrix\">"
		     "<table class=\"matrix\"><thead><tr><th scope=\"col\">");
	out_put(out, "%s</th>", matrix_axes[m->rows_axis].title);
	for (int c = first; c < m->n_columns; c++) {
		out_raw(out, "<th scope=\"col\"><a href=\"");
		put_target(out, p, NULL, m->columns[c]);
		out_raw(out, "\">");
		put_label(out, m->columns[c]);
		out_raw(out, "</a></th>");
	}
	out_raw(out, "</tr></thead>\n<tbody>");
	for (int row = 0; row < rows; row++) {
		out_raw(out, "<tr><th scope=\"row\"><a href=\"");
		put_target(out, p, m->rows[row], NULL);
		out_raw(out, "\">");
		put_label(out, m->rows[row]);
		out_raw(out, "</a></th>");
		for (int c = first; c < m->n_columns; c++)
			put_cell(out, p, row, c);
		out_raw(out, "</tr>\n");
	}
	out_raw(out, "</tbody></table></div>\n");
	if (rows < m->n_rows || first > 0)
		out_put(out,
			"<p class=\"note\">Shown are %d of %d rows and the last %d of %d columns: "
			"narrow it.</p>",
			rows, m->n_rows, columns, m->n_columns);
}

/* What is chosen, each with a way out of it. */
static void put_chosen(struct out *out, const struct place *p)
{
	bool is_any = false;

	for (const char *const *name = filter_names; *name; name++) {
		const char *value = *filter_field((struct filter *)p->filter, *name);

		if (!value)
			continue;
		if (!is_any)
			out_raw(out, "<p class=\"chosen\">Only: ");
		is_any = true;
		out_put(out, "<a href=\"/matrix?rows=%s&amp;columns=%s",
			matrix_axes[p->m->rows_axis].word, matrix_axes[p->m->columns_axis].word);
		page_filter_url(out, p->filter, *name);
		out_put(out,
			"\" title=\"without it\">%s %s <span aria-hidden=\"true\">×</span></a> ",
			*name, value);
	}
	if (is_any)
		out_raw(out, "</p>\n");
}

/* Each state with how many there are, as a way to their list. */
static void put_legend(struct out *out, const struct place *p)
{
	out_raw(out, "<ul class=\"legend\">");
	for (int i = 0; i < CELL_STATES; i++) {
		if (!p->m->all.n[i])
			continue;
		out_put(out, "<li><a href=\"/cells?state=%s", cell_words[i].word);
		page_filter_url(out, p->filter, "state");
		out_raw(out, "\">");
		page_state(out, (enum cell_state)i);
		out_put(out, " %d</a></li>", p->m->all.n[i]);
	}
	out_raw(out,
		"<li><span class=\"state s-in-part\"><span aria-hidden=\"true\">◐</span> "
		"pass in part</span> <small>the rest skipped, blocked or not tried</small></li>"
		"</ul>\n");
}

int page_matrix(struct request *r)
{
	_cleanup_(cleanup_matrix) struct matrix *m = NULL;
	enum matrix_axis rows = axis(r, "rows", MATRIX_SUBJECT),
			 columns = axis(r, "columns", MATRIX_KERNEL);
	struct db *db = request_db(r);
	struct filter filter;
	struct out *out;
	struct place place = { .filter = &filter };
	int n;

	page_filter_read(r, &filter);
	n = db ? matrix_read(site_cube(r->site), db, rows, columns, &filter, &m, &r->err)
	       : -r->err.code;
	if (n < 0)
		return n;
	place.m = m;
	out = page_begin(r, "Matrix", "/matrix");
	page_coverage(out, &m->all);
	put_legend(out, &place);
	put_chosen(out, &place);
	put_axes(out, &filter, rows, columns);
	if (m->n_rows > 0)
		put_table(out, &place);
	else
		out_raw(out,
			"<p>No cell is like that. A run that is taken in brings its machine and "
			"kernel with it: <code>hotproof tracker import DIR</code>.</p>\n");
	out_raw(out, "<details><summary>Filter</summary>");
	n = page_filter_form(r, &filter, "/matrix", "rows columns");
	out_raw(out, "</details>\n");
	return n < 0 ? n : page_end(r);
}
