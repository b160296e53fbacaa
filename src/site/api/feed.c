// SPDX-License-Identifier: GPL-2.0-or-later
/* /feed.atom and /dates.ics: what any list has that is new, and what has a day, for programs that
 * come by themselves. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "site/api/api.h"
#include "site/export/export.h"
#include "site/pages/page.h"
#include "site/tell/news.h"
#include "site/web/site.h"

static void put_base(struct request *r)
{
	const struct site_setup *setup = site_setup_of(r->site);

	if (setup->url && !setup->is_url_guessed)
		out_put(&r->reply.body, "%s", setup->url);
	else
		out_put(&r->reply.body, "%s%s", setup->is_https ? "https://" : "http://",
			r->host ? r->host : "localhost");
}

static void put_time(struct out *out, int64_t s)
{
	time_t t = (time_t)s;
	char stamp[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	out_put(out, "%s", stamp);
}

static void put_entry(struct request *r, const struct news_item *n)
{
	struct out *out = &r->reply.body;

	out_put(out, "<entry><title>%s</title><id>urn:hotproof:", n->title);
	out_url(out, n->ref);
	out_raw(out, "</id><link href=\"");
	put_base(r);
	out_put(out, "%s\"/><updated>", n->path);
	put_time(out, n->at);
	out_put(out, "</updated><summary>%s</summary></entry>\n", n->note);
}

/* The query as it came, without what kind of list it is of. */
static void make_query(const struct request *r, struct out *out)
{
	for (size_t i = 0; i < r->query.n; i++) {
		if (strcmp(r->query.list[i].name, "kind") == 0)
			continue;
		out_raw(out, out->len ? "&" : "");
		out_url(out, r->query.list[i].name);
		out_raw(out, "=");
		out_url(out, r->query.list[i].value);
	}
}

int api_feed(struct request *r)
{
	struct news news _cleanup_news_ = { 0 };
	struct out *out = &r->reply.body, query = { 0 };
	const char *kind = request_query(r, "kind");
	int64_t newest = 0;
	int n = request_db(r) ? 0 : -r->err.code;

	make_query(r, &query);
	if (n >= 0)
		n = news_read(r->db,
			      &(struct news_ask){ .kind = kind,
						  .query = query.text ? query.text : "",
						  .now = r->now,
						  .limit = LIMITS_NEWS },
			      &news, &r->err);
	if (n < 0) {
		out_free(&query);
		return n;
	}
	for (size_t i = 0; i < news.n; i++)
		newest = news.list[i].at > newest ? news.list[i].at : newest;
	r->reply.type = "application/atom+xml; charset=utf-8";
	out_put(out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">"
		"<title>hotproof: %s %s</title><id>urn:hotproof:feed:%s:",
		kind, query.text ? query.text : "", kind);
	out_url(out, query.text ? query.text : "");
	out_raw(out, "</id><author><name>hotproof</name></author><updated>");
	put_time(out, newest);
	out_raw(out, "</updated>\n");
	for (size_t i = 0; i < news.n; i++)
		put_entry(r, &news.list[i]);
	out_raw(out, "</feed>\n");
	out_free(&query);
	return 0;
}

int api_calendar(struct request *r)
{
	struct filter filter;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	r->reply.type = "text/calendar; charset=utf-8";
	return export_calendar(r->db, &filter, r->now, &r->reply.body, &r->err);
}
