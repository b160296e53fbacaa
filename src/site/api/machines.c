// SPDX-License-Identifier: GPL-2.0-or-later
/* /api/v1/machines: the inventory, and changes of one machine or of many with one request. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "site/api/api.h"
#include "site/pages/page.h"
#include "store/cells/filter.h"
#include "store/cells/machine.h"

#define DAYS_MAX 3650

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

/* -EINVAL: a member that no machine has, or of the wrong type: what is misspelt must not pass for
 * done. */
static int read_change(struct request *r, const json_t *doc, struct machine_change *ret)
{
	const struct {
		const char *key, **to;
	} members[] = {
		{ "summary", &ret->summary },
		{ "platform", &ret->platform },
		{ "capabilities", &ret->capabilities },
		{ "owner", &ret->owner },
		{ "place", &ret->place },
		{ "lent_to", &ret->lent_to },
		{ "lent_until", &ret->lent_until },
		{ "health", &ret->health },
		{ "health_why", &ret->health_why },
		{ "console", &ret->console },
		{ "key", &ret->key },
	};
	const char *key;
	json_t *value;

	*ret = (struct machine_change){ .every_days = -1 };
	if (json_object_size(doc) == 0)
		return error_set(&r->err, EINVAL, "a change is an object with what is to change");
	json_object_foreach((json_t *)doc, key, value) {
		json_int_t days = json_integer_value(value);
		size_t i = 0;

		if (strcmp(key, "every_days") == 0 && json_is_integer(value) && days >= 0 &&
		    days <= DAYS_MAX) {
			ret->every_days = (int)days;
			continue;
		}
		while (i < ARRAY_SIZE(members) && strcmp(members[i].key, key) != 0)
			i++;
		if (i == ARRAY_SIZE(members) || !json_is_string(value))
			return error_set(
				&r->err, EINVAL,
				"\"%.40s\" is nothing that a machine has, or not of its type", key);
		*members[i].to = json_string_value(value);
	}
	return 0;
}

static int change_one(struct request *r, const json_t *doc)
{
	struct machine_change change;
	int n = read_change(r, doc, &change);

	if (n >= 0)
		n = page_machine_change(r, &r->parts[0], 1, &change);
	if (n < 0)
		return n;
	r->reply.type = "application/json";
	out_raw(&r->reply.body, "{\"changed\":true}\n");
	return 0;
}

int api_machine_change(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? change_one(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}

static int too_many(struct request *r)
{
	return error_set(&r->err, EINVAL, "one request changes 1 to %d machines", LIMITS_BULK);
}

static void cleanup_names(char ***names)
{
	for (char **name = *names; name && *name; name++)
		free(*name);
	free(*names);
}

/* Names into `ret`, which has room for LIMITS_BULK: copies, ended by NULL. */
static int add_name(struct request *r, char **ret, size_t n, const char *name)
{
	if (n == LIMITS_BULK)
		return too_many(r);
	ret[n] = strdup(name);
	return ret[n] ? 0 : error_set(&r->err, ENOMEM, "out of memory");
}

static int names_listed(struct request *r, const json_t *list, char **ret)
{
	json_t *name;
	size_t i;
	int n = 0;

	json_array_foreach(list, i, name) {
		if (!json_is_string(name))
			return error_set(&r->err, EINVAL, "\"machines\" is a list of names");
		if ((n = add_name(r, ret, i, json_string_value(name))) < 0)
			return n;
	}
	return 0;
}

/* Those of the filter; one that names nothing would mean all. */
static int names_where(struct request *r, const json_t *where, char **ret)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct filter filter = {
		.machine = json_string_value(json_object_get(where, "machine")),
		.arch = json_string_value(json_object_get(where, "arch")),
		.platform = json_string_value(json_object_get(where, "platform")),
	};
	size_t n_given = (size_t) !!filter.machine + !!filter.arch + !!filter.platform, count = 0;
	int n;

	if (n_given == 0 || n_given != json_object_size(where))
		return error_set(&r->err, EINVAL,
				 "\"where\" names machine, arch or platform, and nothing else");
	n = request_writer(r) ? machine_list(r->db, &filter, &rows, &r->err) : -r->err.code;
	while (n >= 0 && (n = rows_next(&rows, &r->err)) == 1)
		n = add_name(r, ret, count++, rows_text(&rows, MACHINE_NAME));
	return n;
}

static void put_changed(struct request *r, char *const *names, size_t n_names)
{
	struct out *out = &r->reply.body;

	r->reply.type = "application/json";
	out_put(out, "{\"changed\":%zu,\"machines\":[", n_names);
	for (size_t i = 0; i < n_names; i++) {
		out_raw(out, i ? "," : "");
		out_json(out, names[i]);
	}
	out_raw(out, "]}\n");
}

static int change_many(struct request *r, const json_t *doc)
{
	char **names _cleanup_(cleanup_names) = calloc(LIMITS_BULK + 1, sizeof(*names));
	const json_t *list = json_object_get(doc, "machines"),
		     *where = json_object_get(doc, "where");
	struct machine_change change;
	size_t n_names = 0;
	int n;

	if (!names)
		return error_set(&r->err, ENOMEM, "out of memory");
	if (json_is_array(list) == json_is_object(where) || json_object_size(doc) != 2)
		return error_set(
			&r->err, EINVAL,
			"say \"machines\", a list of names, or \"where\", a filter; and \"change\"");
	n = read_change(r, json_object_get(doc, "change"), &change);
	if (n >= 0)
		n = list ? names_listed(r, list, names) : names_where(r, where, names);
	while (n >= 0 && names[n_names])
		n_names++;
	if (n >= 0 && n_names == 0)
		n = list ? too_many(r) : error_set(&r->err, ENOENT, "no machine is like that");
	if (n >= 0)
		n = page_machine_change(r, (const char *const *)names, n_names, &change);
	if (n >= 0)
		put_changed(r, names, n_names);
	return n;
}

int api_machines_change(struct request *r)
{
	json_t *doc = request_json(r);
	int n = doc ? change_many(r, doc) : -r->err.code;

	json_decref(doc);
	return n;
}
