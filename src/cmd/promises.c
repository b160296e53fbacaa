// SPDX-License-Identifier: GPL-2.0-or-later
/* Shows the map of promises. That every id in it is real, and every claim is on it, is judged by
 * tests/unit/test_catalog.c. */
#include "cmd/promises.h"

#include <stdio.h>
#include <string.h>

extern const char promises_text[];
extern const size_t promises_text_size;

static bool is_looked_at(const json_t *promise)
{
	return json_object_get(promise, "claims") || json_object_get(promise, "scenarios");
}

json_t *promises_json(bool is_planned)
{
	json_t *all = json_loadb(promises_text, promises_text_size, 0, NULL), *left = json_array();
	json_t *promise;
	size_t i;

	json_array_foreach(all, i, promise)
		if (!is_planned || !is_looked_at(promise))
			json_array_append(left, promise);
	json_decref(all);
	return left;
}

static void print_list(const json_t *promise, const char *key, const char *label)
{
	json_t *id;
	size_t i;

	json_array_foreach(json_object_get(promise, key), i, id)
		printf("%s%s", i ? ", " : label, json_string_value(id));
	if (json_array_size(json_object_get(promise, key)) > 0)
		putchar('\n');
}

static void print_promise(const json_t *promise)
{
	const json_t *rank = json_object_get(promise, "rank");
	const char *missing = json_string_value(json_object_get(promise, "missing"));

	printf("  %-26s %s", json_string_value(json_object_get(promise, "id")),
	       json_string_value(json_object_get(promise, "promise")));
	if (rank)
		printf(" (rank %d)", (int)json_integer_value(rank));
	putchar('\n');
	print_list(promise, "claims", "      claims:    ");
	print_list(promise, "scenarios", "      scenarios: ");
	if (missing)
		printf("      missing:   %s\n", missing);
}

void promises_print(bool is_planned)
{
	json_t *all = promises_json(is_planned), *whole = promises_json(false), *promise;
	const char *group = "";
	size_t i, n = 0;

	json_array_foreach(all, i, promise) {
		const char *its = json_string_value(json_object_get(promise, "group"));

		if (strcmp(its, group) != 0)
			printf("%s%s:\n", i ? "\n" : "", its);
		group = its;
		print_promise(promise);
	}
	json_array_foreach(whole, i, promise)
		n += is_looked_at(promise);
	printf("\n%zu of %zu promises are looked at.\n", n, json_array_size(whole));
	json_decref(all);
	json_decref(whole);
}
