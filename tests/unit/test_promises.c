// SPDX-License-Identifier: GPL-2.0-or-later
/* The map of promises against what is declared: no id that nobody makes, no claim off the map, and
 * no gap without its reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "run/run.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "witnesses/witnesses.h"

static json_t *promises;
static int n_problems;

static void problem(const json_t *promise, const char *what, const char *id)
{
	const char *name = json_string_value(json_object_get(promise, "id"));

	print_error("%s: %s \"%s\"\n", name ? name : "(no id)", what, id);
	n_problems++;
}

static bool lists(const struct claim *const *claims, const char *id)
{
	for (; claims && *claims; claims++)
		if (strcmp((*claims)->id, id) == 0)
			return true;
	return false;
}

static bool is_claim(const char *id)
{
	bool is_it = lists(CLAIMS(&act_as_expected, &run_box_restored), id);

	for (const struct witness *const *w = witnesses_all; *w; w++)
		is_it |= lists((*w)->claims, id);
	for (const struct scenario *const *s = scenarios_all; *s; s++)
		is_it |= lists((*s)->claims, id);
	return is_it;
}

static bool is_scenario(const char *id)
{
	for (const struct scenario *const *s = scenarios_all; *s; s++)
		if (strcmp((*s)->id, id) == 0)
			return true;
	return false;
}

static void every_promise_is_whole(void **state)
{
	static const char *const words[] = { "id", "group", "promise" };
	json_t *promise, *other;
	size_t i, k;

	(void)state;
	json_array_foreach(promises, i, promise) {
		const json_t *rank = json_object_get(promise, "rank");
		const char *id = json_string_value(json_object_get(promise, "id"));

		for (k = 0; k < ARRAY_SIZE(words); k++)
			if (json_string_length(json_object_get(promise, words[k])) == 0)
				problem(promise, "lacks", words[k]);
		if (rank && (json_integer_value(rank) < 1 || json_integer_value(rank) > 40))
			problem(promise, "is not from 1 to 40:", "rank");
		json_array_foreach(promises, k, other)
			if (k > i && json_equal(json_object_get(promise, "id"),
						json_object_get(other, "id")))
				problem(promise, "is there twice:", id);
	}
	assert_int_equal(n_problems, 0);
}

static void what_looks_at_it_is_real(void **state)
{
	json_t *promise, *id;
	size_t i, k;

	(void)state;
	json_array_foreach(promises, i, promise) {
		const json_t *claims = json_object_get(promise, "claims"),
			     *scenarios = json_object_get(promise, "scenarios");

		json_array_foreach((json_t *)claims, k, id)
			if (!is_claim(json_string_value(id)))
				problem(promise, "no such claim", json_string_value(id));
		json_array_foreach((json_t *)scenarios, k, id)
			if (!is_scenario(json_string_value(id)))
				problem(promise, "no such scenario", json_string_value(id));
		if (!claims && !scenarios &&
		    json_string_length(json_object_get(promise, "missing")) == 0)
			problem(promise, "nothing looks at it, and it lacks", "missing");
	}
	assert_int_equal(n_problems, 0);
}

static void on_the_map(const struct claim *const *claims)
{
	json_t *promise, *id;
	size_t i, k;

	for (; claims && *claims; claims++) {
		bool is_there = false;

		json_array_foreach(promises, i, promise)
			json_array_foreach(json_object_get(promise, "claims"), k, id)
				is_there |= strcmp(json_string_value(id), (*claims)->id) == 0;
		if (!is_there)
			problem(NULL, "src/cmd/promises.json knows no promise of", (*claims)->id);
	}
}

static void every_claim_is_on_the_map(void **state)
{
	(void)state;
	for (const struct witness *const *w = witnesses_all; *w; w++)
		on_the_map((*w)->claims);
	for (const struct scenario *const *s = scenarios_all; *s; s++)
		on_the_map((*s)->claims);
	assert_int_equal(n_problems, 0);
}

static int load(void **state)
{
	(void)state;
	promises = json_load_file(TESTS "/../src/cmd/promises.json", 0, NULL);
	return json_array_size(promises) > 0 ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	json_decref(promises);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_promise_is_whole),
		cmocka_unit_test(what_looks_at_it_is_real),
		cmocka_unit_test(every_claim_is_on_the_map),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
