// SPDX-License-Identifier: GPL-2.0-or-later
/* The reducer of plans against made-up kernels that fail of certain operations only. No guest
 * boots. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lab/reduce.h"

/* Fails when each of these operations is in some actor's list, two of them in different actors. */
struct oracle {
	const char *const *needed;
	int asked, give_up; /* after so many questions; 0: never */
};

static int who_has(const json_t *plan, const char *op)
{
	json_t *actor, *one;
	size_t i, k;

	json_array_foreach(json_object_get(plan, "actors"), i, actor)
		json_array_foreach(json_object_get(actor, "ops"), k, one)
			if (strcmp(json_string_value(one), op) == 0)
				return (int)i;
	return -1;
}

static int fails(void *arg, const json_t *plan)
{
	struct oracle *o = arg;

	if (o->give_up && o->asked >= o->give_up)
		return -ETIME;
	o->asked++;
	assert_true(reduce_count_actors(plan) > 0);
	for (const char *const *n = o->needed; *n; n++)
		if (who_has(plan, *n) < 0)
			return 0;
	return 1;
}

static json_t *big_plan(void)
{
	json_t *actors = json_array();

	for (int a = 0; a < 6; a++) {
		json_t *ops = json_array();

		for (int i = 0; i < 20; i++) {
			json_array_append_new(ops, json_sprintf(i % 2 ? "on cpu%d" : "off cpu%d",
								1 + (a + i / 2) % 3));
			json_array_append_new(ops, json_sprintf("wait %d", i));
		}
		if (a == 2)
			json_array_append_new(ops, json_string("pin cpu2 1"));
		if (a == 4)
			json_array_append_new(ops, json_string("free 3"));
		json_array_append_new(actors,
				      json_pack("{s:o, s:s, s:o}", "name", json_sprintf("a%d", a),
						"kind", "toggle", "ops", ops));
	}
	return json_pack("{s:i, s:s, s:o}", "format", 1, "cpus", "1-3", "actors", actors);
}

static json_t *reduced(struct oracle *o, int want)
{
	struct reduce r = { .fails = fails, .arg = o };
	json_t *plan = big_plan(), *small = NULL;

	assert_int_equal(reduce_plan(&r, plan, &small), want);
	assert_non_null(small);
	json_decref(plan);
	return small;
}

static void only_what_is_needed_stays(void **state)
{
	struct oracle o = { .needed = (const char *const[]){ "pin cpu2 1", "free 3", NULL } };
	json_t *small = reduced(&o, 0);

	(void)state;
	assert_int_equal(reduce_count_actors(small), 2);
	assert_int_equal(reduce_count_ops(small), 2);
	assert_string_equal(json_string_value(json_object_get(small, "cpus")), "2");
	/* A guest for each: this is what makes it usable. */
	assert_in_range(o.asked, 1, 60);
	json_decref(small);
}

static void one_operation_stays(void **state)
{
	struct oracle o = { .needed = (const char *const[]){ "off cpu3", NULL } };
	json_t *small = reduced(&o, 0);

	(void)state;
	assert_int_equal(reduce_count_actors(small), 1);
	assert_int_equal(reduce_count_ops(small), 1);
	json_decref(small);
}

static void a_needed_pause_stays(void **state)
{
	struct oracle o = { .needed = (const char *const[]){ "wait 7", "on cpu1", NULL } };
	json_t *small = reduced(&o, 0);

	(void)state;
	assert_int_equal(reduce_count_ops(small), 2);
	assert_true(who_has(small, "wait 7") >= 0);
	json_decref(small);
}

/* What has been reached by then is given, and it still fails. */
static void the_best_so_far_is_kept(void **state)
{
	struct oracle o = { .needed = (const char *const[]){ "pin cpu2 1", NULL }, .give_up = 4 };
	json_t *small = reduced(&o, -ETIME);

	(void)state;
	assert_true(who_has(small, "pin cpu2 1") >= 0);
	assert_true(reduce_count_ops(small) < 200);
	json_decref(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_needed_stays),
		cmocka_unit_test(one_operation_stays),
		cmocka_unit_test(a_needed_pause_stays),
		cmocka_unit_test(the_best_so_far_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
