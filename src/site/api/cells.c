// SPDX-License-Identifier: GPL-2.0-or-later
/* /api/v1/cells, changes and compare. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "site/api/api.h"
#include "site/pages/page.h"
#include "site/web/site.h"
#include "store/cells/change.h"
#include "store/cells/list.h"

int api_cells(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int64_t limit = api_limit(r), after = request_number(r, "after", 0);
	struct filter filter;
	char next[24] = "";
	int count = 0, n;

	if (!request_db(r))
		return -r->err.code;
	if (after < 0)
		return error_set(&r->err, EINVAL,
				 "\"after\" is what \"next\" of the page before said");
	page_filter_read(r, &filter);
	n = list_cells(r->db, &filter, after, limit, &rows, &r->err);
	api_list_begin(r);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		api_list_item(r, count++);
		api_object(&r->reply.body, &rows, api_cell_columns);
		snprintf(next, sizeof(next), "%" PRId64, rows_int(&rows, LIST_CELL_ID));
	}
	return n < 0 ? n : api_list_end(r, count == limit ? next : "");
}

static const struct api_column history_columns[] = {
	{ "run", LIST_HISTORY_RUN, API_TEXT },
	{ "began", LIST_HISTORY_AT, API_TIME },
	{ "state", LIST_HISTORY_LETTER, API_LETTER },
	{ "why", LIST_HISTORY_WHY, API_TEXT },
	{ "expected", LIST_HISTORY_EXPECTED, API_NUMBER },
	{ "exercised", LIST_HISTORY_EXERCISED, API_NUMBER },
	{ 0 },
};

int api_cell(struct request *r)
{
	_cleanup_rows_ struct rows cell = { 0 }, history = { 0 };
	struct out *out = &r->reply.body;
	int64_t id = 0;
	int count = 0, n = request_id(r, 0, &id);

	if (n < 0 || !request_db(r))
		return -r->err.code;
	n = list_cell(r->db, id, &cell, &r->err);
	if (n >= 0)
		n = rows_next(&cell, &r->err);
	if (n == 0)
		return error_set(&r->err, ENOENT, "there is no cell %" PRId64, id);
	if (n >= 0)
		n = list_history(r->db, id, api_limit(r), &history, &r->err);
	r->reply.type = "application/json";
	out_raw(out, "{\"cell\":");
	api_object(out, &cell, api_cell_columns);
	out_raw(out, ",\"history\":[");
	while (n >= 0 && (n = rows_next(&history, &r->err)) == 1) {
		api_list_item(r, count++);
		api_object(out, &history, history_columns);
	}
	out_raw(out, "]}\n");
	return n;
}

static void put_change(struct out *out, const struct change *c)
{
	static const char *const kinds[CHANGE_KINDS] = { "regressed", "lost",        "fixed",
							 "appeared",  "disappeared", "other" };
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "change", kinds[c->kind] },
		{ "scenario", c->scenario },
		{ "claim", c->claim },
		{ "machine", c->machine },
		{ "before", cell_words[c->before].word },
		{ "after", cell_words[c->after].word },
		{ "before_on", c->before_where },
		{ "after_on", c->after_where },
		{ "why", c->why },
	};

	out_raw(out, "{");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		out_json(out, texts[i].key);
		out_raw(out, ":");
		out_json(out, texts[i].value);
		out_raw(out, ",");
	}
	out_put(out, "\"before_cell\":%lld,\"after_cell\":%lld}", (long long)c->before_cell,
		(long long)c->after_cell);
}

static int put_changes(struct request *r, const struct change_list *l)
{
	api_list_begin(r);
	for (size_t i = 0; i < l->n; i++) {
		api_list_item(r, (int)i);
		put_change(&r->reply.body, &l->list[i]);
	}
	return api_list_end(r, "");
}

int api_changes(struct request *r)
{
	struct change_list list _cleanup_changes_ = { 0 };
	struct filter filter;
	int n;

	if (!request_db(r))
		return -r->err.code;
	page_filter_read(r, &filter);
	n = change_since(site_cube(r->site), r->db, request_query(r, "since"), &filter, &list,
			 &r->err);
	return n < 0 ? n : put_changes(r, &list);
}

int api_compare(struct request *r)
{
	struct change_list list _cleanup_changes_ = { 0 };
	const char *what = request_query(r, "what");
	int n;

	if (!*what)
		what = "run";
	if (strcmp(what, "run") != 0 && strcmp(what, "kernel") != 0 && strcmp(what, "machine") != 0)
		return error_set(&r->err, EINVAL, "\"what\" is run, kernel or machine");
	if (!request_db(r))
		return -r->err.code;
	n = change_between(r->db, what, request_query(r, "before"), request_query(r, "after"),
			   &list, &r->err);
	return n < 0 ? n : put_changes(r, &list);
}
