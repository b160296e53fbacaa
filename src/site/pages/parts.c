// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts that several pages show: states, bars, links, and the filter. */
#include <errno.h>
#include <string.h>

#include "site/pages/page.h"
#include "store/cells/list.h"

void page_state(struct out *out, enum cell_state state)
{
	const struct cell_word *w = &cell_words[state < CELL_STATES ? state : CELL_ERROR];

	out_put(out, "<span class=\"state s-%s\"><span aria-hidden=\"true\">%s</span> %s</span>",
		w->word, w->symbol, w->title);
}

void page_look(struct out *out, struct matrix_look look)
{
	out_put(out, "<span class=\"state s-%s\"><span aria-hidden=\"true\">%s</span> %s</span>",
		look.word, look.symbol, look.title);
}

void page_recent(struct out *out, const char *recent)
{
	if (!*recent)
		return;
	out_put(out, "<span class=\"recent\" role=\"img\" aria-label=\"newest first: %s\">",
		recent);
	for (; *recent; recent++)
		out_put(out, "<b class=\"s-%s\">%c</b>",
			cell_words[cell_base((char[]){ *recent, '\0' })].word, *recent);
	out_raw(out, "</span>");
}

void page_link(struct out *out, const char *kind, const char *name)
{
	out_put(out, "<a href=\"/%s/", kind);
	out_url(out, name);
	out_put(out, "\">%s</a>", name);
}

void page_filter_url(struct out *out, const struct filter *filter, const char *but)
{
	for (const char *const *name = filter_names; *name; name++) {
		const char *value = *filter_field((struct filter *)filter, *name);

		if (!value || (but && strcmp(but, *name) == 0))
			continue;
		out_put(out, "&amp;%s=", *name);
		out_url(out, value);
	}
}

void page_filter_read(const struct request *r, struct filter *ret)
{
	*ret = (struct filter){ 0 };
	for (const char *const *name = filter_names; *name; name++)
		*filter_field(ret, *name) = request_query_or_null(r, *name);
	ret->is_unexpected = *request_query(r, "all") == '1';
}

static void put_option(struct out *out, const char *value, const char *title, const char *chosen)
{
	out_put(out, "<option value=\"%s\"%s>%s</option>", value,
		chosen && strcmp(chosen, value) == 0 ? " selected" : "", title);
}

int page_menu(struct request *r, const char *what, const char *label, const char *chosen)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	struct db *db = request_db(r);
	bool is_met = false;
	int n = db ? list_names(db, what, &rows, &r->err) : -r->err.code;

	out_put(out, "<label>%s <select name=\"%s\">", label, what);
	put_option(out, "", "any", chosen);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		const char *name = rows_text(&rows, 0);

		if (!*name)
			continue;
		is_met |= chosen && strcmp(chosen, name) == 0;
		put_option(out, name, name, chosen);
	}
	if (chosen && !is_met)
		put_option(out, chosen, chosen, chosen);
	out_raw(out, "</select></label>");
	return n;
}

static void put_states(struct out *out, const char *chosen)
{
	out_raw(out, "<label>State <select name=\"state\">");
	put_option(out, "", "any", chosen);
	put_option(out, "broken", "broken (fail, crash, flaky)", chosen);
	put_option(out, "open", "open (all that is no pass)", chosen);
	for (int i = 0; i < CELL_STATES; i++)
		put_option(out, cell_words[i].word, cell_words[i].title, chosen);
	out_raw(out, "</select></label>");
}

static void put_hidden(struct request *r, const char *names)
{
	char name[32];

	while (*names) {
		size_t len = strcspn(names, " ");

		if (len > 0 && len < sizeof(name)) {
			memcpy(name, names, len);
			name[len] = '\0';
			if (*request_query(r, name))
				out_put(&r->reply.body,
					"<input type=\"hidden\" name=\"%s\" value=\"%s\"/>", name,
					request_query(r, name));
		}
		names += len + (names[len] == ' ');
	}
}

int page_filter_form(struct request *r, const struct filter *filter, const char *action,
		     const char *hidden)
{
	static const struct {
		const char *what, *label;
	} menus[] = { { "arch", "Architecture" }, { "series", "Series" },
		      { "kernel", "Kernel" },     { "machine", "Machine" },
		      { "scenario", "Scenario" }, { "subject", "Subject" } };
	struct out *out = &r->reply.body;
	int n = 0;

	out_put(out, "<form class=\"filter\" action=\"%s\">", action);
	put_hidden(r, hidden);
	for (size_t i = 0; n >= 0 && i < ARRAY_SIZE(menus); i++)
		n = page_menu(r, menus[i].what, menus[i].label,
			      *filter_field((struct filter *)filter, menus[i].what));
	if (filter->claim)
		out_put(out, "<label>Claim <input name=\"claim\" value=\"%s\"/></label>",
			filter->claim);
	if (filter->options)
		out_put(out, "<label>Options <input name=\"options\" value=\"%s\"/></label>",
			filter->options);
	put_states(out, filter->state);
	out_raw(out, "<button>Show</button></form>\n");
	return n;
}

/* The states in the order in which a bar shows them. */
static const enum cell_state bar_order[] = {
	CELL_PASS, CELL_FAIL,  CELL_CRASH, CELL_FLAKY,   CELL_KNOWN,   CELL_ERROR,
	CELL_SKIP, CELL_LIMIT, CELL_STALE, CELL_MISSING, CELL_BLOCKED, CELL_NEVER,
};

void page_bar(struct out *out, const struct matrix_count *count)
{
	int all = count->total - count->n[CELL_NOT_APPLICABLE], x = 0;

	if (all <= 0)
		return;
	out_raw(out, "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
		     "aria-hidden=\"true\" focusable=\"false\">");
	for (size_t i = 0; i < ARRAY_SIZE(bar_order); i++) {
		int width = (int)((int64_t)count->n[bar_order[i]] * 1000 / all);

		if (width == 0 && count->n[bar_order[i]] > 0)
			width = 4; /* one failure of thousands is seen */
		if (width > 0)
			out_put(out, "<rect class=\"s-%s\" x=\"%d\" width=\"%d\" height=\"10\"/>",
				cell_words[bar_order[i]].word, x, width);
		x += width;
	}
	out_raw(out, "</svg>");
}

void page_coverage(struct out *out, const struct matrix_count *count)
{
	int percent = matrix_coverage(count);

	if (percent < 0) {
		out_raw(out, "<p class=\"note\">Nothing is expected here yet.</p>");
		return;
	}
	out_put(out, "<div class=\"coverage\"><p><strong>%d%% proved</strong>: %d of %d cells pass",
		percent, count->n[CELL_PASS], count->total - count->n[CELL_NOT_APPLICABLE]);
	if (count->n[CELL_NOT_APPLICABLE])
		out_put(out, " (%d more do not apply)", count->n[CELL_NOT_APPLICABLE]);
	out_raw(out, "</p>");
	page_bar(out, count);
	out_raw(out, "</div>\n");
}

void page_next(struct out *out, const char *path, const char *query, const char *key)
{
	out_put(out, "<p class=\"next\"><a rel=\"next\" href=\"%s?after=", path);
	out_url(out, key);
	out_raw(out, query); /* made by page_filter_url() */
	out_raw(out, "\">Next page</a></p>\n");
}
