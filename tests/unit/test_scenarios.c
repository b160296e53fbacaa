// SPDX-License-Identifier: GPL-2.0-or-later
/* The scenarios against scripted roots: what they claim themselves holds on good roots and fails on
 * those that are wrong in just that. What witnesses say of them is test_roots.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "scenarios/mem_trend.h"
#include "scenarios/scenarios.h"
#include "support/scripted.h"
#include "witnesses/witnesses.h"

static const struct witness *const witnesses[] = { &witness_uevents, &witness_state, &witness_masks,
						   NULL };

static int count(const char *root, const struct scenario *scenario, const char *claim,
		 const char *result)
{
	json_t *played = scripted_play(root, scenario, witnesses);
	int n;

	assert_non_null(played);
	n = scripted_count(played, claim, result);
	json_decref(played);
	return n;
}

static void nothing_fails(const char *root, const struct scenario *scenario)
{
	json_t *played = scripted_play(root, scenario, witnesses), *c;
	const char *claim;

	assert_non_null(played);
	json_object_foreach(played, claim, c) {
		assert_int_equal(scripted_count(played, claim, "unmet"), 0);
		assert_int_equal(scripted_count(played, claim, "error"), 0);
	}
	json_decref(played);
}

static void all_hold_on_good_roots(void **state)
{
	nothing_fails("good", &scenario_cpu_all_but_one);
	nothing_fails("every-cpu", &scenario_cpu_all_but_one);
	nothing_fails("good", &scenario_cpu_refuse_last);
	nothing_fails("every-cpu", &scenario_cpu_refuse_last);
	nothing_fails("good", &scenario_cpu_bad_input);
	assert_int_equal(count("good", &scenario_cpu_all_but_one, "state.offline-reached", "met"),
			 3);
	assert_int_equal(
		count("every-cpu", &scenario_cpu_all_but_one, "state.offline-reached", "met"), 3);
}

/* Without an online file for cpu0 the last CPU cannot be reached: nothing may be claimed. */
static void last_cpu_is_tried_only_where_it_can_be_reached(void **state)
{
	assert_int_equal(count("good", &scenario_cpu_refuse_last, "refuse.last-cpu", "met"), 0);
	assert_int_equal(count("good", &scenario_cpu_refuse_last, "act.as-expected", "met"), 0);
	assert_int_equal(count("every-cpu", &scenario_cpu_refuse_last, "refuse.last-cpu", "met"),
			 2);
}

static void last_cpu_faults_are_caught(void **state)
{
	assert_true(count("last-wrong-errno", &scenario_cpu_refuse_last, "refuse.last-cpu",
			  "unmet") > 0);
	assert_true(count("last-half-down", &scenario_cpu_refuse_last, "refuse.last-cpu", "unmet") >
		    0);
}

static void bad_input_is_told_apart(void **state)
{
	const struct scenario *bad = &scenario_cpu_bad_input;

	assert_int_equal(count("good", bad, "input.bad-value-refused", "met"), 8);
	assert_int_equal(count("good", bad, "input.idempotent", "met"), 8);
	assert_int_equal(count("good", bad, "input.needs-root", "unexercised"), 1);
	assert_int_equal(count("good", bad, "act.as-expected", "met"), 2);
	assert_int_equal(count("good", bad, "input.fail-values-refused", "met"), 7);
	assert_int_equal(count("good", bad, "input.target-values-refused", "met"), 11);
	assert_int_equal(count("fail-takes-anything", bad, "input.fail-values-refused", "unmet"),
			 1);
	assert_int_equal(
		count("target-takes-anything", bad, "input.target-values-refused", "unmet"), 1);
	assert_true(count("target-moves", bad, "input.target-values-refused", "unmet") > 0);
	assert_int_equal(count("bad-value-taken", bad, "input.bad-value-refused", "unmet"), 1);
	assert_int_equal(count("bad-value-taken", bad, "input.idempotent", "unmet"), 0);
	assert_int_equal(count("bad-value-moves", bad, "input.bad-value-refused", "unmet"), 1);
	assert_int_equal(count("not-idempotent", bad, "input.idempotent", "unmet"), 4);
	assert_int_equal(count("not-idempotent", bad, "input.bad-value-refused", "unmet"), 0);
}

static void fixed_cpu_is_tried_with_a_trap(void **state)
{
	const struct scenario *fixed = &scenario_cpu_fixed;
	const char *const claim = "input.target-refuses-fixed-cpu";

	/* The write itself, and that nothing had begun. */
	assert_int_equal(count("good", fixed, claim, "met"), 2);
	assert_int_equal(count("good", fixed, claim, "unmet"), 0);
	assert_int_equal(count("fixed-cpu-goes", fixed, claim, "unmet"), 1);
	assert_int_equal(count("fixed-cpu-goes", fixed, "act.as-expected", "unmet"), 0);
	/* All have an online file: there is nothing to try it on. */
	assert_int_equal(count("every-cpu", fixed, claim, "met"), 0);
	assert_int_equal(count("every-cpu", fixed, claim, "unmet"), 0);
}

/* unit:growth: up and down is no trend, steadily up is one. */
static void growth_is_told_from_noise(void **state)
{
	long noise[40], step[40], leak[40];

	for (int i = 0; i < 40; i++) {
		noise[i] = 50000 + (i * 37 % 11) * 300;
		step[i] = i < 15 ? 50000 : 60000;
		leak[i] = 50000 + i * 32 + (i * 37 % 5) * 8;
	}
	assert_int_equal(mem_trend(noise, 40), 0);
	assert_int_equal(mem_trend(step, 40), 0);
	assert_true(mem_trend(leak, 40) >= 29 * 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_hold_on_good_roots),
		cmocka_unit_test(last_cpu_is_tried_only_where_it_can_be_reached),
		cmocka_unit_test(last_cpu_faults_are_caught),
		cmocka_unit_test(bad_input_is_told_apart),
		cmocka_unit_test(growth_is_told_from_noise),
		cmocka_unit_test(fixed_cpu_is_tried_with_a_trap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
