// SPDX-License-Identifier: GPL-2.0-or-later
/* /ideas and /idea/N: what should be tried, by whom it is wanted, and how far it is. Taking them in
 * is ideas_do.c's. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "site/pages/page.h"
#include "store/people/idea.h"
#include "store/people/search.h"
#include "store/tell/address.h"

#define ALIKE 5 /* ideas that are shown to who submits another one */

static bool is_maintainer(const struct request *r)
{
	return r->who.role >= ACCOUNT_MAINTAINER;
}

static void put_row(struct out *out, const struct rows *i)
{
	out_put(out,
		"<tr><td><a href=\"/idea/%lld\">%s</a></td><td>%s</td><td><span class=\"state i-%s\">%s"
		"</span></td><td class=\"num\">%lld</td><td class=\"num\">%lld</td><td class=\"num\">%lld"
		"</td><td>",
		(long long)rows_int(i, IDEA_ID), rows_text(i, IDEA_TITLE), rows_text(i, IDEA_KIND),
		rows_text(i, IDEA_STATE), rows_text(i, IDEA_STATE),
		(long long)rows_int(i, IDEA_WANT), (long long)rows_int(i, IDEA_HARDWARE),
		(long long)rows_int(i, IDEA_IMPLEMENT));
	out_time(out, rows_int(i, IDEA_ADDED));
	out_raw(out, "</td></tr>\n");
}

static void put_states(struct request *r, const char *chosen)
{
	struct out *out = &r->reply.body;

	out_raw(out, "<ul class=\"legend\">");
	out_put(out, "<li><a href=\"/ideas\"%s>all</a></li>", chosen ? "" : " aria-current=true");
	for (int i = is_maintainer(r) ? 0 : 2; idea_states[i]; i++)
		out_put(out, "<li><a href=\"/ideas?state=%s\"%s>%s</a></li>", idea_states[i],
			chosen && strcmp(chosen, idea_states[i]) == 0 ? " aria-current=true" : "",
			idea_states[i]);
	out_raw(out, "</ul>\n");
}

static int put_list(struct request *r, const char *state, char key[48])
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int64_t votes = -1, id = 0;
	int count = 0, n;

	if (sscanf(request_query(r, "after"), "%" SCNd64 "-%" SCNd64, &votes, &id) != 2)
		votes = -1;
	n = idea_list(r->db, state, votes, id, LIMITS_PAGE_ROWS, &rows, &r->err);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		if (count++ == 0)
			out_raw(out,
				"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Ideas\">"
				"<table class=\"list\"><thead><tr><th scope=\"col\">Idea</th>"
				"<th scope=\"col\">Kind</th><th scope=\"col\">State</th><th scope=\"col\">Want it"
				"</th><th scope=\"col\">Have the hardware</th><th scope=\"col\">Can implement it"
				"</th><th scope=\"col\">Since</th></tr></thead>\n<tbody>");
		put_row(out, &rows);
		snprintf(key, 48, "%" PRId64 "-%" PRId64, rows_int(&rows, IDEA_WANT),
			 rows_int(&rows, IDEA_ID));
	}
	out_raw(out, count ? "</tbody></table></div>\n" : "<p>There is none.</p>\n");
	if (count < LIMITS_PAGE_ROWS)
		key[0] = '\0';
	return n;
}

int page_ideas(struct request *r)
{
	const char *state = request_query_or_null(r, "state");
	char key[48] = "";
	struct out *out;
	int n;

	if (!request_db(r))
		return -r->err.code;
	if (state && !is_maintainer(r) &&
	    (strcmp(state, "waiting") == 0 || strcmp(state, "rejected") == 0))
		return error_set(&r->err, EACCES, "only maintainers see ideas that wait");
	out = page_begin(r, "Ideas", "/ideas");
	out_raw(out,
		"<p class=\"summary\">Edge cases that nobody tries yet, wishes, and platforms. "
		"<a href=\"/ideas/new\">Submit one</a>; no account is needed.</p>\n");
	put_states(r, state);
	n = put_list(r, state, key);
	if (n >= 0 && key[0])
		page_next(out, "/ideas", state ? "&amp;state=" : "", key);
	page_follow(r, "ideas", &(struct filter){ .state = state });
	return n < 0 ? n : page_end(r);
}

static void put_vote(struct request *r, int64_t id, const char *kind, const char *label,
		     int64_t count)
{
	struct out *out = &r->reply.body;

	out_put(out, "<form method=\"post\" action=\"/idea/%lld/vote\">", (long long)id);
	page_token(r);
	out_put(out,
		"<input type=\"hidden\" name=\"kind\" value=\"%s\"/><button>%s <b>%lld</b></button></form>",
		kind, label, (long long)count);
}

static int put_moderation(struct request *r, const struct rows *i)
{
	static const char *const states[] = { " (not proved to be theirs)",
					      " (proved to be theirs)", "" };
	struct out *out = &r->reply.body;
	int n = is_maintainer(r) ? address_idea_state(r->db, rows_int(i, IDEA_ID), &r->err) : 0;

	if (!is_maintainer(r) || n < 0)
		return n;
	out_put(out,
		"<h2>Decide</h2>\n<p class=\"note\">Contact: %s%s</p><form method=\"post\" class=\"column\" "
		"action=\"/idea/%lld/state\">",
		*rows_text(i, IDEA_CONTACT) ? rows_text(i, IDEA_CONTACT) : "none given", states[n],
		(long long)rows_int(i, IDEA_ID));
	page_token(r);
	out_raw(out, "<label>State <select name=\"state\">");
	for (int k = 0; idea_states[k]; k++)
		out_put(out, "<option%s>%s</option>",
			strcmp(idea_states[k], rows_text(i, IDEA_STATE)) == 0 ? " selected" : "",
			idea_states[k]);
	out_put(out,
		"</select></label><label>Why <input name=\"note\" maxlength=\"500\" value=\"%s\"/></label>"
		"<label>Covered by the claim <input name=\"covered_by\" maxlength=\"128\" value=\"%s\"/></label>"
		"<button>Save</button></form>\n",
		rows_text(i, IDEA_NOTE), rows_text(i, IDEA_COVERED_BY));
	return 0;
}

int page_idea(struct request *r)
{
	_cleanup_rows_ struct rows i = { 0 };
	struct out *out;
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n < 0 || !request_db(r))
		return -r->err.code;
	n = idea_read(r->db, id, is_maintainer(r), &i, &r->err);
	if (n >= 0)
		n = rows_next(&i, &r->err);
	if (n <= 0)
		return n < 0 ? n : error_set(&r->err, ENOENT, "there is no idea %" PRId64, id);
	out = page_begin(r, rows_text(&i, IDEA_TITLE), "/ideas");
	out_put(out, "<p class=\"verdict\"><span class=\"state i-%s\">%s</span> %s, from %s, ",
		rows_text(&i, IDEA_STATE), rows_text(&i, IDEA_STATE), rows_text(&i, IDEA_KIND),
		*rows_text(&i, IDEA_AUTHOR) ? rows_text(&i, IDEA_AUTHOR) : "somebody");
	out_time(out, rows_int(&i, IDEA_ADDED));
	out_raw(out, "</p>\n");
	if (*rows_text(&i, IDEA_NOTE))
		out_put(out, "<p>%s</p>\n", rows_text(&i, IDEA_NOTE));
	if (*rows_text(&i, IDEA_COVERED_BY)) {
		out_raw(out, "<p>Covered by ");
		page_link(out, "claim", rows_text(&i, IDEA_COVERED_BY));
		out_raw(out, "</p>\n");
	}
	out_raw(out, "<div class=\"text\">");
	page_markdown(out, rows_text(&i, IDEA_BODY));
	out_raw(out, "</div>\n<div class=\"row\">");
	put_vote(r, id, "want", "I want it", rows_int(&i, IDEA_WANT));
	put_vote(r, id, "hardware", "I have the hardware", rows_int(&i, IDEA_HARDWARE));
	put_vote(r, id, "implement", "I can implement it", rows_int(&i, IDEA_IMPLEMENT));
	out_raw(out, "</div>\n");
	n = put_moderation(r, &i);
	return n < 0 ? n : page_end(r);
}

/* The script brings it up to date while a title is typed; without one it is shown when the idea is
 * submitted. */
static int put_alike(struct request *r, const char *title)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n = 0;

	out_raw(out, "<div id=\"alike\" role=\"status\">");
	if (*title)
		n = request_db(r) ? search_alike(r->db, title, "idea", ALIKE, &rows, &r->err)
				  : -r->err.code;
	while (*title && n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		out_raw(out, count++ ? ""
				     : "<p>Is it one of these? Then vote for it there.</p>"
				       "<ul class=\"hits\">");
		out_put(out, "<li><a href=\"/idea/%s\">%s</a></li>", rows_text(&rows, SEARCH_REF),
			rows_text(&rows, SEARCH_TITLE));
	}
	out_raw(out, count ? "</ul></div>" : "</div>");
	return n;
}

static int put_form(struct request *r, const char *title)
{
	struct out *out = &r->reply.body;
	int n;

	out_raw(out, "<form method=\"post\" action=\"/ideas\" class=\"column\">");
	page_token(r);
	out_put(out,
		"<label>In a line <input name=\"title\" required maxlength=\"%d\" value=\"%s\"/>"
		"</label>",
		LIMITS_TITLE, title);
	n = put_alike(r, title);
	out_raw(out,
		"<label>Kind <select name=\"kind\"><option value=\"edge-case\">an edge case that should be tried"
		"</option><option value=\"feature\">something hotproof should do</option>"
		"<option value=\"platform\">a machine or platform</option></select></label>"
		"<label>What, and why it matters (Markdown) <textarea name=\"body\" rows=\"10\">"
		"</textarea></label>");
	if (!r->who.user)
		out_raw(out,
			"<label>Your name, if you like <input name=\"author\" maxlength=\"100\"/></label>"
			"<label>How to reach you; only maintainers see it <input name=\"contact\" "
			"maxlength=\"100\"/></label><label class=\"trap\">Leave this empty "
			"<input name=\"website\" tabindex=\"-1\" autocomplete=\"off\"/></label>");
	out_raw(out, "<button>Submit</button></form>\n");
	return n;
}

int page_idea_new(struct request *r)
{
	struct out *out = page_begin(r, "Submit an idea", "/ideas");
	int n;

	out_raw(out,
		"<p class=\"summary\">What should be tried that nobody tries? A maintainer looks at it "
		"before others see it.</p>\n");
	n = put_form(r, request_query(r, "title"));
	return n < 0 ? n : page_end(r);
}
