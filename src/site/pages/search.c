// SPDX-License-Identifier: GPL-2.0-or-later
/* /search: one box for everything that has a name. */
#include "store/people/search.h"

#include <string.h>

#include "site/pages/page.h"

static void put_hit(struct out *out, const struct rows *rows)
{
	const char *kind = rows_text(rows, SEARCH_KIND), *ref = rows_text(rows, SEARCH_REF);

	out_put(out, "<li><span class=\"kind\">%s</span> <a href=\"", kind);
	if (strcmp(kind, "kernel") == 0)
		out_raw(out, "/matrix?rows=subject&amp;columns=machine&amp;kernel=");
	else
		out_put(out, "/%s/", kind);
	out_url(out, ref);
	out_put(out, "\">%s</a> <small>%s</small></li>\n", rows_text(rows, SEARCH_TITLE),
		rows_text(rows, SEARCH_SNIPPET));
}

int page_search(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	const char *words = request_query(r, "q");
	struct db *db = request_db(r);
	struct out *out;
	int count = 0,
	    n = db ? search_find(db, words, NULL, LIMITS_PAGE_ROWS, &rows, &r->err) : -r->err.code;

	if (n < 0)
		return n;
	out = page_begin(r, "Search", "");
	while ((n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0)
			out_raw(out, "<ul class=\"hits\">");
		put_hit(out, &rows);
	}
	if (count)
		out_raw(out, "</ul>\n");
	else
		out_put(out,
			"<p>Nothing has \"%s\" in it. Claims, scenarios, runs, kernels, machines and "
			"ideas are looked through.</p>\n",
			words);
	if (*words)
		page_follow(r, "search", &(struct filter){ 0 });
	return n < 0 ? n : page_end(r);
}
