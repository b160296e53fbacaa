// SPDX-License-Identifier: GPL-2.0-or-later
/* /api/v1/rules: what takes cells away. The cells follow in steps, others write in between. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "site/api/api.h"
#include "site/pages/page.h"
#include "store/cells/rule.h"
#include "store/people/event.h"

static const struct api_column columns[] = {
	{ "id", RULE_ID, API_NUMBER },
	{ "scenario", RULE_SCENARIO, API_TEXT },
	{ "claim", RULE_CLAIM, API_TEXT },
	{ "arch", RULE_ARCH, API_TEXT },
	{ "machine", RULE_MACHINE, API_TEXT },
	{ "from", RULE_FROM, API_TEXT },
	{ "before", RULE_BEFORE, API_TEXT },
	{ "reason", RULE_REASON, API_TEXT },
	{ "by", RULE_BY, API_TEXT },
	{ "at", RULE_AT, API_TIME },
	{ 0 },
};

int api_rules(struct request *r)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int count = 0, n = request_db(r) ? rule_list(r->db, &rows, &r->err) : -r->err.code;

	api_list_begin(r);
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1) {
		api_list_item(r, count++);
		api_object(&r->reply.body, &rows, columns);
	}
	return n < 0 ? n : api_list_end(r, "");
}

static int put_rule(struct request *r, int64_t id)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int n = request_db(r) ? rule_read(r->db, id, &rows, &r->err) : -r->err.code;

	if (n >= 0)
		n = rows_next(&rows, &r->err);
	if (n <= 0)
		return n < 0 ? n : error_set(&r->err, ENOENT, "there is no rule %" PRId64, id);
	r->reply.type = "application/json";
	api_object(&r->reply.body, &rows, columns);
	out_raw(&r->reply.body, "\n");
	return 0;
}

int api_rule(struct request *r)
{
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	return n < 0 ? n : put_rule(r, id);
}

/* The members, or -EINVAL: one is no text, or none that a rule has. */
static int read_members(struct request *r, const json_t *doc, struct rule_new *ret)
{
	const struct {
		const char *key, **to;
	} members[] = {
		{ "scenario", &ret->scenario }, { "claim", &ret->claim },
		{ "arch", &ret->arch },         { "machine", &ret->machine },
		{ "from", &ret->from },         { "before", &ret->before },
		{ "reason", &ret->reason },
	};
	const char *key;
	json_t *value;

	if (!json_is_object(doc))
		return error_set(&r->err, EINVAL, "a rule is an object");
	json_object_foreach((json_t *)doc, key, value) {
		size_t i = 0;

		while (i < ARRAY_SIZE(members) && strcmp(members[i].key, key) != 0)
			i++;
		if (i == ARRAY_SIZE(members) || !json_is_string(value))
			return error_set(&r->err, EINVAL,
					 "\"%.40s\" is no member of a rule, or no text", key);
		*members[i].to = json_string_value(value);
	}
	return 0;
}

/* Who did it, what watchers are told, and the cells. */
static int finish(struct request *r, const char *what, const char *detail)
{
	int n = account_audit(r->db, r->now, r->who.name, what, detail, &r->err);

	if (n >= 0)
		n = event_add(r->db, r->now, "rule", detail, "{}", &r->err);
	return n < 0 ? n : page_rules_replan(r);
}

static int add(struct request *r, const json_t *doc)
{
	struct rule_new rule = { "", "", "", "", "", "", "", r->who.name };
	int64_t id = 0;
	int n = read_members(r, doc, &rule);

	if (n < 0 || !request_writer(r))
		return -r->err.code;
	n = rule_add(r->db, &rule, r->now, &id, &r->err);
	if (n >= 0)
		n = finish(r, "rule", rule.reason);
	if (n >= 0)
		n = put_rule(r, id);
	r->reply.status = n < 0 ? 0 : 201;
	return n;
}

int api_rule_add(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? add(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}

static int change(struct request *r, const json_t *doc)
{
	struct rule_new rule = { .by = r->who.name };
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n >= 0)
		n = read_members(r, doc, &rule);
	if (n < 0 || !request_writer(r))
		return -r->err.code;
	n = rule_change(r->db, id, &rule, r->now, &r->err);
	if (n >= 0)
		n = finish(r, "rule changed", r->parts[0]);
	return n < 0 ? n : put_rule(r, id);
}

int api_rule_change(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? change(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}

int api_rule_remove(struct request *r)
{
	int64_t id = 0;
	int n = request_id(r, 0, &id);

	if (n < 0 || !request_writer(r))
		return -r->err.code;
	n = rule_remove(r->db, id, &r->err);
	if (n >= 0)
		n = finish(r, "rule removed", r->parts[0]);
	if (n < 0)
		return n;
	r->reply.type = "application/json";
	out_raw(&r->reply.body, "{\"changed\":true}\n");
	return 0;
}
