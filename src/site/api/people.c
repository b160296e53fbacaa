// SPDX-License-Identifier: GPL-2.0-or-later
/* /api/v1/ideas and machines, and the feed of broken runs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "evidence/record.h"
#include "site/api/api.h"
#include "site/pages/page.h"
#include "site/web/site.h"
#include "store/cells/list.h"
#include "store/cells/machine.h"
#include "store/people/idea.h"

int api_ideas(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	const char *state = request_query_or_null(r, "state");
	int64_t limit = api_limit(r), votes = -1, id = 0;
	char next[48] = "";
	int count = 0, n;

	if (!request_db(r))
		return -r->err.code;
	if (state && r->who.role < ACCOUNT_MAINTAINER &&
	    (strcmp(state, "waiting") == 0 || strcmp(state, "rejected") == 0))
		return error_set(&r->err, EACCES, "only maintainers see ideas that wait");
	if (*request_query(r, "after") &&
	    sscanf(request_query(r, "after"), "%" SCNd64 "-%" SCNd64, &votes, &id) != 2)
		return error_set(&r->err, EINVAL,
				 "\"after\" is what \"next\" of the page before said");
	n = idea_list(r->db, state, votes, id, limit, &rows, &r->err);
	api_list_begin(r);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		api_list_item(r, count++);
		api_object(&r->reply.body, &rows, api_idea_columns);
		snprintf(next, sizeof(next), "%" PRId64 "-%" PRId64, rows_int(&rows, IDEA_WANT),
			 rows_int(&rows, IDEA_ID));
	}
	return n < 0 ? n : api_list_end(r, count == limit ? next : "");
}

int api_idea(struct request *r)
{
	static const struct api_column body[] = { { "body", IDEA_BODY, API_TEXT }, { 0 } };
	_cleanup_rows_ struct rows idea = { 0 };
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n < 0 || !request_db(r))
		return -r->err.code;
	n = idea_read(r->db, id, r->who.role >= ACCOUNT_MAINTAINER, &idea, &r->err);
	if (n >= 0)
		n = rows_next(&idea, &r->err);
	if (n <= 0)
		return n < 0 ? n : error_set(&r->err, ENOENT, "there is no idea %" PRId64, id);
	r->reply.type = "application/json";
	out_raw(&r->reply.body, "{\"idea\":");
	api_object(&r->reply.body, &idea, api_idea_columns);
	out_raw(&r->reply.body, ",\"text\":");
	api_object(&r->reply.body, &idea, body);
	out_raw(&r->reply.body, "}\n");
	return 0;
}

static int add_idea(struct request *r, const json_t *doc)
{
	struct idea_new idea = {
		.title = record_get_str(doc, "title"),
		.body = record_get_str(doc, "body"),
		.kind = record_get_str(doc, "kind"),
		.author = r->who.name,
		.contact = "",
		.user = r->who.user,
		.is_trusted = r->who.role >= ACCOUNT_SUBMITTER,
	};
	struct db *db = request_writer(r);
	int64_t id = 0;
	int n = db ? idea_add(db, &idea, r->now, &id, &r->err) : -r->err.code;

	if (n < 0)
		return n;
	r->reply.status = 201;
	r->reply.type = "application/json";
	out_put(&r->reply.body, "{\"id\":%lld}\n", (long long)id);
	return 0;
}

int api_idea_add(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? add_idea(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}

static const struct api_column machine_columns[] = {
	{ "machine", 0, API_TEXT },
	{ "arch", 1, API_TEXT },
	{ "summary", 2, API_TEXT },
	{ "platform", 3, API_TEXT },
	{ "capabilities", 4, API_TEXT },
	{ "owner", 5, API_TEXT },
	{ "place", 6, API_TEXT },
	{ "health", 7, API_TEXT },
	{ "health_why", 8, API_TEXT },
	{ "every_days", 9, API_NUMBER },
	{ "last", 10, API_TIME },
	{ "blocked_cells", 11, API_NUMBER },
	{ 0 },
};

int api_machines(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct db *db = request_db(r);
	int count = 0,
	    n = db ? db_select(db, &rows, &r->err,
			       "SELECT m.name,m.arch,m.summary,m.platform,m.capabilities,m.owner,"
			       "m.place,m.health,m.health_why,m.every_days,(SELECT coalesce(max("
			       "last_at),0) FROM target WHERE machine=m.id),(SELECT count(*) FROM"
			       " cell WHERE machine=m.id AND is_expected=1 AND state=11)"
			       " FROM machine m ORDER BY m.name",
			       NULL)
		   : -r->err.code;

	if (n < 0)
		return n;
	api_list_begin(r);
	while ((n = rows_next(&rows, &r->err)) == 1) {
		api_list_item(r, count++);
		api_object(&r->reply.body, &rows, machine_columns);
	}
	return n < 0 ? n : api_list_end(r, "");
}

static const char *member(const json_t *doc, const char *key)
{
	return json_string_value(json_object_get(doc, key));
}

static int change_machine(struct request *r, const json_t *doc)
{
	const json_t *days = json_object_get(doc, "every_days");
	struct machine_change change = {
		.summary = member(doc, "summary"),
		.platform = member(doc, "platform"),
		.capabilities = member(doc, "capabilities"),
		.owner = member(doc, "owner"),
		.place = member(doc, "place"),
		.health = member(doc, "health"),
		.health_why = member(doc, "health_why"),
		.console = member(doc, "console"),
		.key = member(doc, "key"),
		.every_days = json_is_integer(days) ? (int)json_integer_value(days) : -1,
	};
	int n = page_machine_change(r, &change);

	if (n < 0)
		return n;
	r->reply.type = "application/json";
	out_raw(&r->reply.body, "{\"changed\":true}\n");
	return 0;
}

int api_machine_change(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? change_machine(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}

static void put_base(struct request *r)
{
	out_raw(&r->reply.body, site_setup_of(r->site)->is_https ? "https://" : "http://");
	out_put(&r->reply.body, "%s", r->host ? r->host : "localhost");
}

static void put_entry(struct request *r, const struct rows *run)
{
	struct out *out = &r->reply.body;
	int64_t bad = rows_int(run, LIST_RUN_FAIL) + rows_int(run, LIST_RUN_CRASH) +
		      rows_int(run, LIST_RUN_TIMEOUT);

	out_put(out,
		"<entry><title>%lld broken on %s, %s</title><id>urn:hotproof:run:", (long long)bad,
		rows_text(run, LIST_RUN_MACHINE), rows_text(run, LIST_RUN_KERNEL));
	out_url(out, rows_text(run, LIST_RUN_NAME));
	out_raw(out, "</id><link href=\"");
	put_base(r);
	out_raw(out, "/run/");
	out_url(out, rows_text(run, LIST_RUN_NAME));
	out_raw(out, "\"/><updated>");
	time_t t = (time_t)rows_int(run, LIST_RUN_RECEIVED);
	char stamp[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	out_put(out, "%s</updated></entry>\n", stamp);
}

/* Runs that broke a promise; of a machine, an architecture or a kernel with the filter's fields. */
int api_atom(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	struct filter filter;
	char stamp[32] = "1970-01-01T00:00:00Z";
	struct tm tm;
	time_t now = (time_t)r->now / 3600 * 3600;
	int n;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	n = list_runs(r->db, &filter, (struct list_run_key){ 0 }, LIMITS_PAGE_ROWS, &rows, &r->err);
	if (gmtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	r->reply.type = "application/atom+xml; charset=utf-8";
	out_put(out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">"
		"<title>hotproof: runs that broke a promise</title><id>urn:hotproof:broken</id>"
		"<author><name>hotproof</name></author><updated>%s</updated>\n",
		stamp);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		if (rows_int(&rows, LIST_RUN_FAIL) || rows_int(&rows, LIST_RUN_CRASH) ||
		    rows_int(&rows, LIST_RUN_TIMEOUT))
			put_entry(r, &rows);
	out_raw(out, "</feed>\n");
	return n;
}
