// SPDX-License-Identifier: GPL-2.0-or-later
/* Which scenarios and witnesses a run takes: globs, deep ones, smoke tests, time. Nothing is played
 * here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/wait.h"
#include "run/run.h"
#include "support/scripted.h"

static const struct claim at_once = { .id = "toy.at-once" }, rare = { .id = "toy.rare" };

static const struct scenario first = { .id = "toy.first", .rank = 1, .cost = { 500, 100 } };
static const struct scenario later = { .id = "toy.later", .rank = 9 };
static const struct scenario unranked = { .id = "toy.unranked", .cost = { 10, 0 } };
static const struct scenario deep = {
	.id = "toy.deep", .rank = 2, .is_deep = true, .claims = CLAIMS(&rare)
};
static const struct scenario *const scenarios[] = { &later, &deep, &unranked, &first, NULL };
static const struct witness seer = { .id = "seer", .claims = CLAIMS(&at_once) };
static const struct witness *const witnesses[] = { &seer, NULL };

/* The ids of what is chosen, with a space after each. */
static void assert_chosen(struct run_setup *setup, const char *want)
{
	const struct scenario **s;
	const struct witness **w;
	_cleanup_free_ char *ids = strdup("");
	struct error err = {};

	setup->scenarios = scenarios;
	setup->witnesses = witnesses;
	if (run_choose(setup, &s, &w, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; s[i]; i++) {
		char *longer = text_printf("%s%s ", ids, s[i]->id);

		free(ids);
		ids = longer;
	}
	free(s);
	free(w);
	assert_string_equal(ids, want);
}

static void deep_ones_must_be_asked_for(void **state)
{
	(void)state;
	assert_chosen(&(struct run_setup){}, "toy.later toy.unranked toy.first ");
	assert_chosen(&(struct run_setup){ .has_deep = true },
		      "toy.later toy.deep toy.unranked toy.first ");
	assert_chosen(&(struct run_setup){ .scenario_globs = GLOBS("toy.d*") }, "toy.deep ");
	assert_chosen(&(struct run_setup){ .claim_globs = GLOBS("toy.rare") }, "toy.deep ");
	assert_chosen(&(struct run_setup){ .claim_globs = GLOBS("toy.at-once") },
		      "toy.later toy.unranked toy.first ");
}

static void smoke_takes_the_first_ranks_only(void **state)
{
	(void)state;
	assert_chosen(&(struct run_setup){ .is_smoke = true }, "toy.first ");
	assert_chosen(&(struct run_setup){ .is_smoke = true, .has_deep = true },
		      "toy.deep toy.first ");
}

static void time_is_spent_by_rank(void **state)
{
	(void)state;
	assert_chosen(&(struct run_setup){ .budget_ns = NS_PER_S },
		      "toy.first toy.deep toy.later toy.unranked ");
}

static void costs_grow_with_the_cpus_that_leave(void **state)
{
	struct run_setup setup = {};
	struct box *box;
	struct error err = {};

	(void)state;
	assert_int_equal(scripted_open("good", &box, &err), 0);
	setup.box = box;
	/* cpu 1-3 of the root may leave. */
	assert_int_equal(run_cost_ns(&setup, &first), 800 * NS_PER_MS);
	setup.cpus = cpulist_of(2);
	assert_int_equal(run_cost_ns(&setup, &first), 600 * NS_PER_MS);
	assert_int_equal(run_cost_ns(&setup, &unranked), 10 * NS_PER_MS);
	/* Not known: never nothing. */
	assert_true(run_cost_ns(&setup, &later) > 0);
	box_free(box);
}

static void times_are_understood(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
		int r;
	} cases[] = {
		{ "60s", 60, 0 },
		{ "10m", 600, 0 },
		{ "1h", 3600, 0 },
		{ "5", 5, 0 },
		{ "", 0, -EINVAL },
		{ "s", 0, -EINVAL },
		{ "0s", 0, -EINVAL },
		{ "-5m", 0, -EINVAL },
		{ "1.5h", 0, -EINVAL },
		{ "10mm", 0, -EINVAL },
		{ "1d", 0, -EINVAL },
		{ "9999999999h", 0, -ERANGE },
		{ "1000000000000000000000000s", 0, -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = -1;

		assert_int_equal(text_to_duration_ns(cases[i].text, &ns), cases[i].r);
		assert_int_equal(ns, cases[i].r < 0 ? -1 : cases[i].s * NS_PER_S);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep_ones_must_be_asked_for),
		cmocka_unit_test(smoke_takes_the_first_ranks_only),
		cmocka_unit_test(time_is_spent_by_rank),
		cmocka_unit_test(costs_grow_with_the_cpus_that_leave),
		cmocka_unit_test(times_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
