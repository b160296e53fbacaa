// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the file of --plan and says what is wrong with it before anything is begun. */
#include "cmd/given_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "scenarios/race/plan.h"

static int add(json_t *all, json_t *doc)
{
	json_t *one;
	size_t i;

	if (!json_is_array(doc))
		return json_array_append(all, doc);
	json_array_foreach(doc, i, one)
		json_array_append(all, one);
	return 0;
}

static int parse_all(const char *path, const char *text, json_t *all, struct error *err)
{
	size_t len = strlen(text), at = 0;

	while (at + strspn(text + at, " \t\r\n") < len) {
		json_error_t why;
		json_t *doc = json_loadb(text + at, len - at, JSON_DISABLE_EOF_CHECK, &why);

		if (!doc)
			return error_set(err, EINVAL, "\"%s\" is no plan: %s (line %d)", path,
					 why.text, why.line);
		at += why.position;
		add(all, doc);
		json_decref(doc);
	}
	return json_array_size(all) > 0
		       ? 0
		       : error_set(err, EINVAL,
				   "\"%s\" holds no plan; was there a race in the run?", path);
}

static int check_all(const char *path, const json_t *all, struct error *err)
{
	_cleanup_free_ struct race_plan *plan = calloc(1, sizeof(*plan));
	const json_t *one;
	size_t i;

	if (!plan)
		return -ENOMEM;
	json_array_foreach((json_t *)all, i, one)
		if (race_plan_parse(one, plan, err) < 0)
			return error_prefix(err, "\"%s\"", path);
	return 0;
}

int given_plan_load(const char *path, json_t **ret, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	json_t *all = json_array();
	int r = file_read(AT_FDCWD, path, &text, NULL);

	if (r < 0)
		r = error_set(err, -r, "cannot read the plan \"%s\": %s", path, strerror(-r));
	if (r == 0)
		r = parse_all(path, text, all, err);
	if (r == 0)
		r = check_all(path, all, err);
	if (r < 0)
		json_decref(all);
	else
		*ret = all;
	return r;
}
