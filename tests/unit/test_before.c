// SPDX-License-Identifier: GPL-2.0-or-later
/* What states cost now, held against earlier runs: on made times. How they are taken from traces is
 * test_steps.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/findings.h"
#include "witnesses/trace/before.h"

#define STATES 8
#define ID "latency.like-before"

/* Acts in one direction; state 3 takes `slow` times as long as the others make it, all take `all`
 * times as long. */
static void add_acts(struct latency_table *t, int n, int all, int slow)
{
	for (int act = 0; act < n; act++) {
		json_t *names = json_object(), *steps = json_array();
		int64_t sum = 0;

		for (int i = 0; i < STATES; i++) {
			int64_t us = (int64_t)(2000 + 1500 * i + 37 * (act % 5)) * all *
				     (i == 3 ? slow : 1);
			char number[16], name[16];

			snprintf(number, sizeof(number), "%d", 100 + i);
			snprintf(name, sizeof(name), "state-%d", i);
			json_object_set_new(names, number, json_pack("[s, s]", name, "callback"));
			json_array_append_new(steps, json_pack("[i, I]", 100 + i, (json_int_t)us));
			sum += us * 1000;
		}
		assert_int_equal(latency_add(&t->way[LATENCY_DOWN], names, steps, 0, sum), 0);
		json_decref(names);
		json_decref(steps);
	}
	latency_sort(t);
}

static int judged(int runs, int before, int now, int all, int slow)
{
	_cleanup_latency_ struct latency_table was = {}, is = {};
	_cleanup_findings_ struct findings f = {};
	json_t *baseline;
	int r;

	add_acts(&was, before, 1, 1);
	add_acts(&is, now, all, slow);
	baseline = json_pack("{s:i, s:o}", "runs", runs, "latency", latency_json(&was));
	before_judge(&is, baseline, &f);
	json_decref(baseline);
	r = found(&f, ID);
	return r;
}

static void like_before_holds(void **state)
{
	(void)state;
	assert_int_equal(judged(5, 30, 3, 1, 1), FINDING_MET);
	/* Slower, but not by that much. */
	assert_int_equal(judged(5, 30, 3, 1, 3), FINDING_MET);
}

/* The fault "state-four-times-slower". */
static void one_slow_state_is_caught(void **state)
{
	(void)state;
	assert_int_equal(judged(5, 30, 3, 1, 10), FINDING_UNMET);
	assert_int_equal(judged(5, 30, 3, 3, 10), FINDING_UNMET);
}

/* That is the box's load. */
static void all_slower_alike_holds(void **state)
{
	(void)state;
	assert_int_equal(judged(5, 30, 3, 20, 1), FINDING_MET);
}

static void too_little_is_not_judged(void **state)
{
	_cleanup_findings_ struct findings f = {};
	_cleanup_latency_ struct latency_table is = {};

	(void)state;
	assert_int_equal(judged(4, 30, 3, 1, 10), FINDING_UNEXERCISED);
	assert_int_equal(judged(5, 19, 3, 1, 10), FINDING_UNEXERCISED);
	assert_int_equal(judged(5, 30, 2, 1, 10), FINDING_UNEXERCISED);
	add_acts(&is, 3, 1, 10);
	before_judge(&is, NULL, &f);
	assert_int_equal(found(&f, ID), FINDING_UNEXERCISED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_before_holds),
		cmocka_unit_test(one_slow_state_is_caught),
		cmocka_unit_test(all_slower_alike_holds),
		cmocka_unit_test(too_little_is_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
