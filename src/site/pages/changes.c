// SPDX-License-Identifier: GPL-2.0-or-later
/* /changes: what broke since a kernel; /compare: two runs, kernels or machines side by side. */
#include <errno.h>
#include <string.h>

#include "site/pages/page.h"
#include "site/web/site.h"
#include "store/cells/change.h"
#include "store/cells/timing.h"
#include "store/cells/list.h"

#define SHOWN 200  /* of each kind */
#define SLOWER 130 /* percent of before from which on it is said; less is noise */
#define QUICKER 77

static void put_side(struct out *out, enum cell_state state, int64_t cell, const char *where,
		     bool is_where)
{
	out_raw(out, "<td>");
	if (cell)
		out_put(out, "<a class=\"plain\" href=\"/cell/%lld\">", (long long)cell);
	page_state(out, state);
	if (cell)
		out_raw(out, "</a>");
	if (is_where && *where)
		out_put(out, " <small>%s</small>", where);
	out_raw(out, "</td>");
}

static void put_change(struct out *out, const struct change *c, bool is_since)
{
	out_raw(out, "<tr><td class=\"id\">");
	page_link(out, "claim", c->claim);
	out_raw(out, "</td><td class=\"id\">");
	page_link(out, "scenario", c->scenario);
	out_raw(out, "</td>");
	if (is_since) {
		out_raw(out, "<td>");
		page_link(out, "machine", c->machine);
		out_raw(out, "</td>");
	}
	put_side(out, c->before, c->before_cell, c->before_where, is_since);
	put_side(out, c->after, c->after_cell, c->after_where, is_since);
	out_put(out, "<td class=\"why\">%s</td></tr>\n", c->why);
}

static void put_kind(struct out *out, const struct change_list *l, enum change_kind kind,
		     bool is_since)
{
	int shown = 0;

	if (!l->counts[kind])
		return;
	out_put(out, "<h2 id=\"k%d\">%s <small>%d: %s</small></h2>\n", (int)kind,
		change_words[kind].title, l->counts[kind], change_words[kind].explain);
	out_put(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
		"<table class=\"list\"><thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Scenario"
		"</th>",
		change_words[kind].title);
	if (is_since)
		out_raw(out, "<th scope=\"col\">Machine</th><th scope=\"col\">Last before</th>"
			     "<th scope=\"col\">Since</th>");
	else
		out_raw(out, "<th scope=\"col\">Before</th><th scope=\"col\">After</th>");
	out_raw(out, "<th scope=\"col\">Why</th></tr></thead>\n<tbody>");
	for (size_t i = 0; i < l->n && shown < SHOWN; i++)
		if (l->list[i].kind == kind) {
			put_change(out, &l->list[i], is_since);
			shown++;
		}
	out_raw(out, "</tbody></table></div>\n");
	if (shown < l->counts[kind])
		out_put(out, "<p class=\"note\">%d of them are shown.</p>\n", shown);
}

static void put_changes(struct out *out, const struct change_list *l, bool is_since)
{
	out_raw(out, "<ul class=\"legend\">");
	for (int k = 0; k < CHANGE_KINDS; k++)
		if (l->counts[k])
			out_put(out, "<li><a href=\"#k%d\">%s %d</a></li>", k,
				change_words[k].title, l->counts[k]);
	out_put(out, "<li>The same %d</li></ul>\n", l->same);
	if (l->n == 0)
		out_raw(out, l->same ? "<p>Nothing changed.</p>\n"
				     : "<p>Nothing was tried on both sides.</p>\n");
	for (int k = 0; k < CHANGE_KINDS; k++)
		put_kind(out, l, (enum change_kind)k, is_since);
}

/* Versions that were tried, for whoever does not know one by heart. */
static int put_since(struct request *r, const char *since)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = db_select(
		r->db, &rows, &r->err,
		"SELECT DISTINCT version,number FROM kernel ORDER BY number DESC LIMIT 200", NULL);

	out_put(out,
		"<label>since kernel <input name=\"since\" list=\"versions\" required maxlength=\"40\" "
		"size=\"14\" value=\"%s\"/></label><datalist id=\"versions\">",
		since);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		out_put(out, "<option value=\"%s\"></option>", rows_text(&rows, 0));
	out_raw(out, "</datalist>");
	return n;
}

/* The newest kernel but one: what came with the newest is the usual question. */
static int default_since(struct request *r, char since[64])
{
	_cleanup_free_ char *found = NULL;
	int n = db_text(
		r->db, &found, &r->err,
		"SELECT version FROM kernel WHERE series=(SELECT k.series FROM kernel k JOIN target t"
		" ON t.kernel=k.id JOIN run u ON u.target=t.id ORDER BY u.began_at DESC LIMIT 1)"
		" ORDER BY number DESC LIMIT 1 OFFSET 1",
		NULL);

	snprintf(since, 64, "%s", found ? found : "");
	return n;
}

int page_changes_form(struct request *r, const char *since, const struct filter *filter)
{
	char found[64] = "";
	int n = *since ? 0 : default_since(r, found);

	out_raw(&r->reply.body, "<form class=\"filter\" action=\"/changes\">");
	if (n >= 0)
		n = put_since(r, *since ? since : found);
	if (n >= 0)
		n = page_menu(r, "arch", "on", filter->arch);
	if (n >= 0)
		n = page_menu(r, "series", "in series", filter->series);
	if (n >= 0)
		n = page_menu(r, "machine", "machine", filter->machine);
	out_raw(&r->reply.body, "<button>What broke?</button></form>\n");
	return n;
}

/* Without a form: the last versions, as links. */
static int put_versions(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n = db_select(r->db, &rows, &r->err,
			  "SELECT DISTINCT version,number FROM kernel WHERE number>0"
			  " ORDER BY number DESC LIMIT 12",
			  NULL);

	out_raw(out, "<ul class=\"legend\">");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		out_raw(out, "<li><a href=\"/changes?since=");
		out_url(out, rows_text(&rows, 0));
		out_put(out, "\">since %s</a></li>", rows_text(&rows, 0));
	}
	out_raw(out, "</ul>\n");
	return n;
}

int page_changes(struct request *r)
{
	struct change_list list _cleanup_changes_ = { 0 };
	const char *since = request_query(r, "since");
	struct filter filter;
	struct out *out;
	int n;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	out = page_begin(r, "What broke", "/changes");
	n = page_changes_form(r, since, &filter);
	if (n >= 0 && *since) {
		n = change_since(site_cube(r->site), r->db, since, &filter, &list, &r->err);
		if (n >= 0)
			put_changes(out, &list, true);
	} else if (n >= 0) {
		out_raw(out,
			"<p>Each claim of each scenario as it was on the last kernel up to that one, "
			"and as it is on the newest one after it, machine by machine.</p>\n");
		n = put_versions(r);
	}
	return n < 0 ? n : page_end(r);
}

static void put_what(struct out *out, const char *what)
{
	static const char *const words[] = { "run", "kernel", "machine" };

	out_raw(out, "<label>Compare two <select name=\"what\">");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		out_put(out, "<option value=\"%s\"%s>%ss</option>", words[i],
			strcmp(words[i], what) == 0 ? " selected" : "", words[i]);
	out_raw(out, "</select></label>");
}

static int put_names(struct request *r, const char *what)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int n;

	n = strcmp(what, "run") == 0
		    ? db_select(r->db, &rows, &r->err,
				"SELECT name FROM run ORDER BY began_at DESC,id DESC LIMIT 200",
				NULL)
		    : list_names(r->db, what, &rows, &r->err);
	out_raw(out, "<datalist id=\"names\">");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		out_put(out, "<option value=\"%s\"></option>", rows_text(&rows, 0));
	out_raw(out, "</datalist>");
	return n;
}

static void put_latency(struct out *out, const char *verb, const struct timing *a,
			const struct timing *b)
{
	const struct {
		const char *title;
		int64_t before, after;
	} rows[] = { { "median", a->p50, b->p50 },
		     { "95 %", a->p95, b->p95 },
		     { "longest", a->max, b->max } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t percent = rows[i].before ? rows[i].after * 100 / rows[i].before : 100;

		out_put(out,
			"<tr><td>%s, %s</td><td class=\"num\">%lld</td><td class=\"num\">%lld</td>"
			"<td class=\"num\">%lld %%</td><td>%s</td></tr>\n",
			verb, rows[i].title, (long long)rows[i].before, (long long)rows[i].after,
			(long long)percent,
			percent >= SLOWER    ? "slower"
			: percent <= QUICKER ? "quicker"
					     : "");
	}
}

/* It judges nothing: a busy host makes a box slow. How many runs and acts it is of stands there. */
static int put_latencies(struct request *r, const char *what, const char *before, const char *after)
{
	static const char *const verbs[] = { "offline", "online" };
	struct out *out = &r->reply.body;
	int n = 0, count = 0;

	for (size_t i = 0; n >= 0 && i < ARRAY_SIZE(verbs); i++) {
		struct timing a = { 0 }, b = { 0 };

		n = timing_read(r->db, what, before, verbs[i], &a, &r->err);
		if (n >= 0)
			n = timing_read(r->db, what, after, verbs[i], &b, &r->err);
		if (n < 0 || a.acts == 0 || b.acts == 0)
			continue;
		if (count++ == 0)
			out_put(out,
				"<h2>How long acts took <small>µs; %lld acts in %lld runs before, %lld in "
				"%lld after</small></h2>\n<div class=\"scroll\" tabindex=\"0\" "
				"role=\"region\" aria-label=\"Latency\"><table class=\"list\"><thead><tr>"
				"<th scope=\"col\">Act</th><th scope=\"col\">Before</th><th scope=\"col\">"
				"After</th><th scope=\"col\">Of before</th><th scope=\"col\">That is</th>"
				"</tr></thead><tbody>",
				(long long)a.acts, (long long)a.runs, (long long)b.acts,
				(long long)b.runs);
		put_latency(out, verbs[i], &a, &b);
	}
	if (count)
		out_raw(out, "</tbody></table></div>\n");
	return n;
}

int page_compare(struct request *r)
{
	struct change_list list _cleanup_changes_ = { 0 };
	const char *what = request_query(r, "what"), *before = request_query(r, "before"),
		   *after = request_query(r, "after");
	struct out *out;
	int n;

	if (strcmp(what, "kernel") != 0 && strcmp(what, "machine") != 0)
		what = "run";
	if (!request_db(r))
		return -r->err.code;
	out = page_begin(r, "Compare", "/compare");
	out_raw(out, "<form class=\"filter\" action=\"/compare\">");
	put_what(out, what);
	out_put(out,
		"<label>before <input name=\"before\" list=\"names\" required value=\"%s\"/></label>"
		"<label>after <input name=\"after\" list=\"names\" required value=\"%s\"/></label>",
		before, after);
	n = put_names(r, what);
	out_raw(out, "<button>Compare</button></form>\n");
	if (n >= 0 && *before && *after) {
		n = change_between(r->db, what, before, after, &list, &r->err);
		if (n >= 0)
			put_changes(out, &list, false);
		if (n >= 0)
			n = put_latencies(r, what, before, after);
	}
	return n < 0 ? n : page_end(r);
}
