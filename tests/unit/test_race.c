// SPDX-License-Identifier: GPL-2.0-or-later
/* Plans of races: the same seed gives the same plan, a plan survives being written and read, and a
 * bad one is refused with a reason. No race is run. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/prng.h"
#include "base/wait.h"
#include "scenarios/race/kinds/kinds.h"
#include "scenarios/race/plan.h"

static void numbers_repeat(void **state)
{
	struct prng a, b, c;
	int counts[7] = {};

	(void)state;
	prng_seed(&a, 42, "x");
	prng_seed(&b, 42, "x");
	prng_seed(&c, 42, "y");
	assert_int_equal(prng_next(&a), prng_next(&b));
	assert_int_not_equal(prng_next(&a), prng_next(&c));
	for (int i = 0; i < 7000; i++)
		counts[prng_below(&a, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(counts[i], 800, 1200);
	assert_int_equal(prng_below(&a, 0), 0);
}

/* All kinds there are, as a text; owned by the caller. */
static char *draw(uint64_t seed, const char *cpus)
{
	_cleanup_free_ struct race_plan *plan = calloc(1, sizeof(*plan));
	json_t *doc;
	char *text;

	strcpy(plan->scenario, "race.test");
	plan->seed = seed;
	plan->time_ns = NS_PER_S;
	assert_int_equal(cpulist_parse(cpus, &plan->cpus), 0);
	for (const struct race_kind *const *k = race_kinds; *k; k++)
		assert_int_equal(race_plan_add(plan, *k), 0);
	doc = race_plan_json(plan);
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return text;
}

static void same_seed_same_plan(void **state)
{
	_cleanup_free_ char *a = draw(7, "1-3"), *b = draw(7, "1-3"), *c = draw(8, "1-3");

	(void)state;
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

/* Whatever is drawn can be read again: else a run could not be repeated. */
static void plans_round_trip(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 50; seed++) {
		_cleanup_free_ char *was = draw(seed, "1,3-5"), *now = NULL;
		_cleanup_free_ struct race_plan *plan = calloc(1, sizeof(*plan));
		json_t *doc = json_loads(was, 0, NULL);
		struct error err = {};

		assert_int_equal(race_plan_parse(doc, plan, &err), 0);
		json_decref(doc);
		doc = race_plan_json(plan);
		now = json_dumps(doc, JSON_COMPACT);
		json_decref(doc);
		assert_string_equal(was, now);
	}
}

static void refused(const char *actors, const char *why)
{
	_cleanup_free_ struct race_plan *plan = calloc(1, sizeof(*plan));
	struct error err = {};
	json_t *doc = json_pack("{s:i, s:s, s:i, s:s, s:o}", "format", 1, "scenario", "race.test",
				"time_ms", 100, "cpus", "1-2", "actors",
				json_loads(actors, 0, NULL));

	assert_int_equal(race_plan_parse(doc, plan, &err), -EINVAL);
	assert_non_null(strstr(err.text, why));
	json_decref(doc);
}

static void bad_plans_are_refused(void **state)
{
	(void)state;
	refused("[]", "no \"actors\"");
	refused("[{\"name\":\"a\",\"kind\":\"nobody\",\"ops\":[\"off cpu1\"]}]", "not known");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[]}]", "no \"ops\"");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[\"up cpu1\"]}]", "cannot do");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[\"off\"]}]", "wants a CPU");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[\"off cpu1 3\"]}]", "no number");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[\"off cpux\"]}]", "is no number");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[\"off cpu3\"]}]", "not among");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[\"wait 99999999\"]}]", "below");
	refused("[{\"name\":\"a\",\"kind\":\"toggle\",\"ops\":[7]}]", "no text");
	refused("[{\"name\":\"a-name-that-is-too-long\",\"kind\":\"toggle\",\"ops\":[]}]", "name");
}

static void a_plan_is_found_by_its_scenario(void **state)
{
	json_t *list = json_loads("[{\"scenario\":\"race.a\"},{\"scenario\":\"race.b\"}]", 0, NULL);

	(void)state;
	assert_ptr_equal(race_plan_find(list, "race.b"), json_array_get(list, 1));
	assert_null(race_plan_find(list, "race.c"));
	assert_null(race_plan_find(NULL, "race.a"));
	assert_ptr_equal(race_plan_find(json_array_get(list, 0), "race.a"),
			 json_array_get(list, 0));
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_repeat),
		cmocka_unit_test(same_seed_same_plan),
		cmocka_unit_test(plans_round_trip),
		cmocka_unit_test(bad_plans_are_refused),
		cmocka_unit_test(a_plan_is_found_by_its_scenario),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
