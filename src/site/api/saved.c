// SPDX-License-Identifier: GPL-2.0-or-later
/* /api/v1/saved: the searches that whoever asks has saved, and how they are told of what is new in
 * them. What is looked at for news is site/tell's. */
#include "store/tell/saved.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "evidence/record.h"
#include "site/api/api.h"
#include "site/pages/page.h"
#include "site/tell/news.h"
#include "site/tell/tell.h"

static const struct api_column columns[] = {
	{ "id", SAVED_ID, API_NUMBER },   { "name", SAVED_NAME, API_TEXT },
	{ "kind", SAVED_KIND, API_TEXT }, { "query", SAVED_QUERY, API_TEXT },
	{ "at", SAVED_AT, API_TIME },     { 0 },
};

static const struct api_column subscription_columns[] = {
	{ "id", SUBSCRIPTION_ID, API_NUMBER },
	{ "way", SUBSCRIPTION_WAY, API_TEXT },
	{ "period", SUBSCRIPTION_PERIOD, API_TEXT },
	{ "url", SUBSCRIPTION_URL, API_TEXT },
	{ "failures", SUBSCRIPTION_FAILURES, API_NUMBER },
	{ "stopped", SUBSCRIPTION_STOPPED, API_TIME },
	{ "problem", SUBSCRIPTION_PROBLEM, API_TEXT },
	{ 0 },
};

static int put_one(struct request *r, const struct rows *saved)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct out *out = &r->reply.body;
	int count = 0, n = subscription_list(r->db, rows_int(saved, SAVED_ID), &rows, &r->err);

	out_raw(out, "{\"saved\":");
	api_object(out, saved, columns);
	out_raw(out, ",\"subscriptions\":[");
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		out_raw(out, count++ ? "," : "");
		api_object(out, &rows, subscription_columns);
	}
	out_raw(out, "]}");
	return n;
}

int api_saved(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int count = 0,
	    n = request_db(r) ? saved_list(r->db, r->who.user, &rows, &r->err) : -r->err.code;

	api_list_begin(r);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		api_list_item(r, count++);
		n = put_one(r, &rows);
		if (n < 0)
			break;
	}
	return n < 0 ? n : api_list_end(r, "");
}

static int put_saved(struct request *r, int64_t id)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int n = request_db(r) ? saved_read(r->db, r->who.user, id, &rows, &r->err) : -r->err.code;

	if (n >= 0)
		n = rows_next(&rows, &r->err);
	if (n <= 0)
		return n < 0 ? n : error_set(&r->err, ENOENT, "you have no such saved search");
	r->reply.type = "application/json";
	n = put_one(r, &rows);
	out_raw(&r->reply.body, "\n");
	return n;
}

int api_saved_one(struct request *r)
{
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	return n < 0 ? n : put_saved(r, id);
}

static const char *get_member(const void *filter, const char *name)
{
	return record_get_str(filter, name);
}

/* {"state": "fail", ...} as a query. */
static int make_query(struct request *r, const json_t *filter, struct out *out)
{
	const char *key;
	json_t *value;

	if (filter && !json_is_object(filter))
		return error_set(&r->err, EINVAL, "\"filter\" is an object of texts");
	json_object_foreach((json_t *)filter, key, value)
		if (!json_is_string(value) || !page_is_saved_field(key))
			return error_set(&r->err, EINVAL,
					 "\"%.40s\" is nothing that a search asks for, or no text",
					 key);
	page_saved_query(get_member, filter, out);
	return 0;
}

static int add(struct request *r, const json_t *doc)
{
	struct out query = { 0 };
	int64_t id = 0;
	int n = make_query(r, json_object_get(doc, "filter"), &query);

	if (n >= 0)
		n = page_save(r, record_get_str(doc, "name"), record_get_str(doc, "kind"), &query,
			      &id);
	out_free(&query);
	if (n >= 0)
		n = put_saved(r, id);
	r->reply.status = n < 0 ? 0 : 201;
	return n;
}

int api_saved_add(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? add(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}

static int put_changed(struct request *r)
{
	r->reply.type = "application/json";
	out_raw(&r->reply.body, "{\"changed\":true}\n");
	return 0;
}

int api_saved_remove(struct request *r)
{
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n >= 0)
		n = page_saved_drop(r, id);
	return n < 0 ? n : put_changed(r);
}

static int subscribe(struct request *r, const json_t *doc)
{
	struct subscription_new new = { .way = record_get_str(doc, "way"),
					.period = record_get_str(doc, "period"),
					.url = record_get_str(doc, "url") };
	struct out *out = &r->reply.body;
	char secret[ACCOUNT_SECRET] = "";
	int64_t id = 0;
	int n = request_id(r, 0, &new.saved);

	if (n >= 0)
		n = page_subscribe_to(r, &new, secret, &id);
	if (n < 0)
		return n;
	r->reply.status = 201;
	r->reply.type = "application/json";
	out_put(out, "{\"id\":%lld", (long long)id);
	/* Of mail it stands in the link that ends it, and is nobody's business. */
	if (strcmp(new.way, "hook") == 0) {
		out_raw(out, ",\"secret\":");
		out_json(out, secret);
	}
	out_raw(out, "}\n");
	return 0;
}

int api_subscription_add(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? subscribe(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}

static int change(struct request *r, bool is_resumed)
{
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n >= 0)
		n = page_subscription_change(r, id, is_resumed);
	return n < 0 ? n : put_changed(r);
}

int api_subscription_remove(struct request *r)
{
	return change(r, false);
}

int api_subscription_resume(struct request *r)
{
	return change(r, true);
}
