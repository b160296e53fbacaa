// SPDX-License-Identifier: GPL-2.0-or-later
/* /api/v1/ideas: what should be tried, and what maintainers decide on it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/record.h"
#include "site/api/api.h"
#include "base/cleanup.h"
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

/* The ids, to be freed; NULL with the error set. */
static int64_t *read_ids(struct request *r, const json_t *doc, size_t *ret_n)
{
	const json_t *list = json_object_get(doc, "ideas");
	size_t n = json_array_size(list);
	int64_t *ids;

	if (n == 0 || n > LIMITS_BULK) {
		error_set(&r->err, EINVAL, "\"ideas\" is a list of 1 to %d numbers", LIMITS_BULK);
		return NULL;
	}
	ids = calloc(n, sizeof(*ids));
	if (!ids)
		error_set(&r->err, ENOMEM, "out of memory");
	for (size_t i = 0; ids && i < n; i++)
		ids[i] = json_integer_value(json_array_get(list, i)); /* 0 is no idea's */
	*ret_n = n;
	return ids;
}

static int change_ideas(struct request *r, const json_t *doc)
{
	size_t n_ids = 0;
	_cleanup_free_ int64_t *ids = read_ids(r, doc, &n_ids);
	struct db *db = ids ? request_writer(r) : NULL;
	int n = db ? idea_set_state(db, ids, n_ids, record_get_str(doc, "state"),
				    record_get_str(doc, "note"), record_get_str(doc, "covered_by"),
				    r->now, &r->err)
		   : -r->err.code;

	for (size_t i = 0; n >= 0 && i < n_ids; i++) {
		char number[24];

		snprintf(number, sizeof(number), "%" PRId64, ids[i]);
		n = account_audit(db, r->now, r->who.name, "idea", number, &r->err);
	}
	if (n < 0)
		return n;
	r->reply.type = "application/json";
	out_put(&r->reply.body, "{\"changed\":%zu}\n", n_ids);
	return 0;
}

int api_ideas_change(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? change_ideas(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}
