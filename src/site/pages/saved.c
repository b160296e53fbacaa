// SPDX-License-Identifier: GPL-2.0-or-later
/* /saved: the searches that somebody saved, and how they are told of what is new in them. What is
 * done with a subscription is subscriptions.c's. */
#include "store/tell/saved.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "site/pages/page.h"
#include "site/tell/news.h"
#include "site/tell/tell.h"
#include "store/tell/address.h"

/* The fields that a saved search may have, beside the filter's. */
static const char *const more_fields[] = { "q", NULL };

static const char *const *const field_lists[] = { filter_names, more_fields };

static void put_hidden(struct out *out, const char *name, const char *value)
{
	out_put(out, "<input type=\"hidden\" name=\"%s\" value=\"%s\"/>", name, value);
}

void page_follow(struct request *r, const char *kind, const struct filter *filter)
{
	struct out *out = &r->reply.body;
	const char *words = strcmp(kind, "search") == 0 ? request_query(r, "q") : "";

	out_put(out, "<div class=\"follow\"><p class=\"note\"><a href=\"/feed.atom?kind=%s", kind);
	page_filter_url(out, filter, NULL);
	if (*words) {
		out_raw(out, "&amp;q=");
		out_url(out, words);
	}
	out_raw(out, "\">What is new in this list, as a feed</a></p>\n");
	if (r->who.user) {
		out_raw(out, "<details><summary>Save this search, and be told</summary>"
			     "<form method=\"post\" action=\"/saved\" class=\"row\">");
		page_token(r);
		put_hidden(out, "kind", kind);
		for (const char *const *name = filter_names; *name; name++) {
			const char *value = *filter_field((struct filter *)filter, *name);

			if (value)
				put_hidden(out, *name, value);
		}
		if (*words)
			put_hidden(out, "q", words);
		out_raw(out, "<label>Its name <input name=\"name\" required maxlength=\"100\"/>"
			     "</label>");
		if (strcmp(kind, "runs") == 0)
			out_raw(out, "<label><input type=\"checkbox\" name=\"broken\" "
				     "value=\"1\"/> only runs that broke a promise</label>");
		out_raw(out, "<button>Save it</button></form></details>");
	}
	out_raw(out, "</div>\n");
}

bool page_is_saved_field(const char *field)
{
	for (size_t i = 0; i < ARRAY_SIZE(field_lists); i++)
		for (const char *const *name = field_lists[i]; *name; name++)
			if (strcmp(*name, field) == 0)
				return true;
	return false;
}

/* In one order, so that the same search has the same text. */
void page_saved_query(page_saved_value *get, const void *from, struct out *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(field_lists); i++)
		for (const char *const *name = field_lists[i]; *name; name++) {
			const char *value = get(from, *name);

			if (!*value)
				continue;
			out_raw(out, out->len ? "&" : "");
			out_url(out, *name);
			out_raw(out, "=");
			out_url(out, value);
		}
}

/* What cannot be looked up is not saved. */
int page_save(struct request *r, const char *name, const char *kind, const struct out *query,
	      int64_t *ret)
{
	struct news news _cleanup_news_ = { 0 };
	const char *text = query->text ? query->text : "";
	struct db *db = request_writer(r);
	int n = db ? 0 : -r->err.code;

	if (n >= 0)
		n = news_read(db,
			      &(struct news_ask){
				      .kind = kind, .query = text, .after = INT64_MAX, .limit = 1 },
			      &news, &r->err);
	return n < 0 ? n : saved_add(db, r->who.user, name, kind, text, r->now, ret, &r->err);
}

static const char *get_form(const void *r, const char *name)
{
	return request_form(r, name);
}

int page_saved_add(struct request *r)
{
	const char *kind = request_form(r, "kind");
	struct out query = { 0 };
	int64_t id = 0;
	int n = page_check_token(r);

	if (strcmp(kind, "runs") == 0 && *request_form(r, "broken"))
		kind = "broken";
	page_saved_query(get_form, r, &query);
	if (n >= 0)
		n = page_save(r, request_form(r, "name"), kind, &query, &id);
	out_free(&query);
	return n < 0 ? n : request_see(r, "/saved#s%" PRId64, id);
}

int page_saved_drop(struct request *r, int64_t id)
{
	struct db *db = request_writer(r);
	int n = db ? db_begin(db, &r->err) : -r->err.code;

	if (n >= 0)
		n = saved_remove(db, r->who.user, id, &r->err);
	return n < 0 ? n : db_commit(db, &r->err);
}

int page_saved_remove(struct request *r)
{
	int64_t id = 0;
	int n = page_check_token(r) < 0 || request_id(r, 0, &id) < 0 ? -r->err.code
								     : page_saved_drop(r, id);

	return n < 0 ? n : request_see(r, "/saved");
}

static void put_button(struct request *r, const char *path, int64_t id, const char *verb,
		       const char *word, const char *what)
{
	struct out *out = &r->reply.body;

	out_put(out, "<form method=\"post\" action=\"%s/%lld/%s\">", path, (long long)id, verb);
	page_token(r);
	out_put(out, "<button>%s<span class=\"h\"> %s</span></button></form> ", word, what);
}

static void put_subscription(struct request *r, const struct rows *s, const char *name)
{
	struct out *out = &r->reply.body;
	bool is_hook = strcmp(rows_text(s, SUBSCRIPTION_WAY), "hook") == 0,
	     is_stopped = rows_int(s, SUBSCRIPTION_STOPPED) != 0;

	out_put(out, "<li class=\"row\"><span>%s, %s %s</span>", rows_text(s, SUBSCRIPTION_PERIOD),
		is_hook ? "to the hook" : "by mail", rows_text(s, SUBSCRIPTION_URL));
	if (is_stopped)
		out_put(out,
			"<span class=\"state h-does-not-boot\">stopped after %lld failures</span>",
			(long long)rows_int(s, SUBSCRIPTION_FAILURES));
	else if (rows_int(s, SUBSCRIPTION_FAILURES))
		out_put(out,
			"<span class=\"state h-degraded\">failed %lld times, is tried again</span>",
			(long long)rows_int(s, SUBSCRIPTION_FAILURES));
	if (*rows_text(s, SUBSCRIPTION_PROBLEM))
		out_put(out, "<small>%s</small>", rows_text(s, SUBSCRIPTION_PROBLEM));
	if (rows_int(s, SUBSCRIPTION_FAILURES))
		put_button(r, "/subscription", rows_int(s, SUBSCRIPTION_ID), "resume", "Try again",
			   name);
	put_button(r, "/subscription", rows_int(s, SUBSCRIPTION_ID), "remove", "End",
		   "this subscription");
	out_raw(out, "</li>\n");
}

static void put_periods(struct out *out)
{
	out_raw(out, "<label>When <select name=\"period\">");
	for (const char *const *p = saved_periods; *p; p++)
		out_put(out, "<option>%s</option>", *p);
	out_raw(out, "</select></label>");
}

static void put_form(struct request *r, int64_t id, const char *way, const char *title)
{
	struct out *out = &r->reply.body;

	out_put(out, "<form method=\"post\" class=\"row\" action=\"/saved/%lld/subscribe\">",
		(long long)id);
	page_token(r);
	put_hidden(out, "way", way);
	if (strcmp(way, "hook") == 0)
		out_put(out,
			"<label>URL <input name=\"url\" type=\"url\" required maxlength=\"%d\" "
			"placeholder=\"https://\"/></label>",
			LIMITS_HOOK_URL);
	put_periods(out);
	out_put(out, "<button>%s</button></form>\n", title);
}

static void put_head(struct out *out, const struct rows *s)
{
	struct out path = { 0 };

	news_put_path(&path, rows_text(s, SAVED_KIND), rows_text(s, SAVED_QUERY));
	out_put(out,
		"<h2 id=\"s%lld\">%s <small>%s</small></h2>\n<p><a href=\"%s\">Look now</a> · ",
		(long long)rows_int(s, SAVED_ID), rows_text(s, SAVED_NAME),
		rows_text(s, SAVED_KIND), path.text ? path.text : "/");
	out_free(&path);
	out_put(out, "<a href=\"/feed.atom?kind=%s%s%s\">Feed</a></p>\n", rows_text(s, SAVED_KIND),
		*rows_text(s, SAVED_QUERY) ? "&" : "", rows_text(s, SAVED_QUERY));
}

static int put_saved(struct request *r, const struct rows *s, bool can_mail)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int64_t id = rows_int(s, SAVED_ID);
	int n = subscription_list(r->db, id, &rows, &r->err);

	put_head(out, s);
	out_raw(out, "<ul class=\"plain\">");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		put_subscription(r, &rows, rows_text(s, SAVED_NAME));
	out_raw(out, "</ul>\n<details><summary>Be told of what is new<span class=\"h\"> in ");
	out_put(out, "%s</span></summary>", rows_text(s, SAVED_NAME));
	if (can_mail)
		put_form(r, id, "mail", "Mail me");
	put_form(r, id, "hook", "Post to this hook");
	out_raw(out, "</details>\n");
	put_button(r, "/saved", id, "remove", "Remove", rows_text(s, SAVED_NAME));
	return n;
}

int page_saved(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	char email[ADDRESS_MAX + 1];
	struct out *out;
	int64_t proved_at = 0;
	int count = 0, n;

	if (!request_db(r))
		return -r->err.code;
	n = address_of(r->db, r->who.user, email, &proved_at, &r->err);
	if (n >= 0)
		n = saved_list(r->db, r->who.user, &rows, &r->err);
	out = page_begin(r, "Saved searches", "");
	out_raw(out,
		"<p class=\"summary\">Of what is new in them you are told by a feed, by mail, or "
		"by a hook of your own. Lists of cells, runs, machines, ideas and what the search "
		"finds can be saved, at the end of each.</p>\n");
	if (!tell_can_mail(r->site))
		out_raw(out, "<p class=\"note\">Mail is not set up here.</p>\n");
	else if (!proved_at)
		out_raw(out,
			"<p class=\"note\">To be told by mail, <a href=\"/account\">say where, and "
			"prove that it is yours</a>.</p>\n");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		n = put_saved(r, &rows, tell_can_mail(r->site) && proved_at);
		count++;
		if (n < 0)
			break;
	}
	if (!count)
		out_raw(out, "<p>There is none yet.</p>\n");
	return n < 0 ? n : page_end(r);
}
