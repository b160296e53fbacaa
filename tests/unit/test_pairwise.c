// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/pairwise and lab/options: plans over axes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/options.h"
#include "lab/pairwise.h"

static bool has_pair(const int *rows, size_t n, size_t n_axes, size_t a, int va, size_t b, int vb)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i * n_axes + a] == va && rows[i * n_axes + b] == vb)
			return true;
	return false;
}

static void assert_all_pairs(const int *sizes, size_t n_axes)
{
	_cleanup_free_ int *rows = NULL;
	size_t n;

	assert_int_equal(pairwise_plan(sizes, n_axes, &rows, &n), 0);
	for (size_t a = 0; a < n_axes; a++) {
		assert_int_equal(rows[a], 0);
		for (size_t i = 0; i < n; i++)
			assert_in_range(rows[i * n_axes + a], 0, sizes[a] - 1);
		for (size_t b = a + 1; b < n_axes; b++)
			for (int va = 0; va < sizes[a]; va++)
				for (int vb = 0; vb < sizes[b]; vb++)
					if (!has_pair(rows, n, n_axes, a, va, b, vb))
						fail_msg("%d of %zu never meets %d of %zu", va, a,
							 vb, b);
	}
}

static void every_pair_is_met(void **state)
{
	static const int ten[] = { 3, 3, 2, 2, 4, 2, 3, 2, 2, 2 }, ones[] = { 1, 1, 1 },
			 one[] = { 5 }, mixed[] = { 1, 16, 1, 16, 2 };

	(void)state;
	assert_all_pairs(ten, ARRAY_SIZE(ten));
	assert_all_pairs(ones, ARRAY_SIZE(ones));
	assert_all_pairs(one, ARRAY_SIZE(one));
	assert_all_pairs(mixed, ARRAY_SIZE(mixed));
	for (int i = 0; i < 30; i++) {
		int sizes[8];

		for (size_t a = 0; a < ARRAY_SIZE(sizes); a++)
			sizes[a] = 1 + (i * 7 + (int)a * 5 + i / 3) % 5;
		assert_all_pairs(sizes, 1 + i % 8);
	}
}

/* No plan can have fewer rows than the two largest axes have pairs; a good one has not many more.
 */
static void plans_are_small(void **state)
{
	static const int sizes[] = { 3, 3, 2, 2, 4, 2, 3, 2, 2, 2 };
	_cleanup_free_ int *rows = NULL, *again = NULL, *product = NULL;
	size_t n, n_again, n_product;

	(void)state;
	assert_int_equal(pairwise_plan(sizes, ARRAY_SIZE(sizes), &rows, &n), 0);
	assert_in_range(n, 12, 20);
	assert_int_equal(pairwise_plan(sizes, ARRAY_SIZE(sizes), &again, &n_again), 0);
	assert_int_equal(n, n_again);
	assert_memory_equal(rows, again, n * sizeof(sizes));
	assert_int_equal(pairwise_product(sizes, ARRAY_SIZE(sizes), &product, &n_product), 0);
	assert_int_equal(n_product, 3 * 3 * 2 * 2 * 4 * 2 * 3 * 2 * 2 * 2);
}

static void one_axis_is_its_values(void **state)
{
	static const int sizes[] = { 4 };
	_cleanup_free_ int *rows = NULL;
	size_t n;

	(void)state;
	assert_int_equal(pairwise_plan(sizes, 1, &rows, &n), 0);
	assert_int_equal(n, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(rows[i], i);
}

static void too_much_is_refused(void **state)
{
	int sizes[PAIRWISE_AXES_MAX + 1], *rows = NULL;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		sizes[i] = 2;
	assert_int_equal(pairwise_plan(sizes, ARRAY_SIZE(sizes), &rows, &n), -EINVAL);
	assert_int_equal(pairwise_plan(sizes, 0, &rows, &n), -EINVAL);
	assert_int_equal(pairwise_product(sizes, PAIRWISE_AXES_MAX, &rows, &n), -E2BIG);
	sizes[0] = 0;
	assert_int_equal(pairwise_plan(sizes, 2, &rows, &n), -EINVAL);
	sizes[0] = PAIRWISE_VALUES_MAX + 1;
	assert_int_equal(pairwise_plan(sizes, 2, &rows, &n), -EINVAL);
	assert_null(rows);
}

static struct machine *machine(const char *name)
{
	struct machine *m = NULL;

	assert_int_equal(machine_load(name, &m, NULL), 0);
	return m;
}

static const struct options_set *find(const struct options_list *l, const char *word)
{
	for (size_t i = 0; i < l->n; i++)
		if (strstr(l->sets[i].append, word))
			return &l->sets[i];
	return NULL;
}

static void options_fit_their_machine(void **state)
{
	_cleanup_(cleanup_machine) struct machine *amd64 = machine("amd64-4"),
						  *smt = machine("amd64-4-smt"),
						  *s390x = machine("s390x-4");
	struct options_list l = {};
	struct error err = {};

	(void)state;
	assert_int_equal(options_plan(amd64, NULL, false, &l, &err), 0);
	assert_string_equal(l.sets[0].name, "defaults");
	assert_string_equal(l.sets[0].append, "");
	assert_non_null(find(&l, "nohz_full="));
	assert_non_null(find(&l, "preempt=full"));
	assert_non_null(find(&l, "possible_cpus="));
	assert_null(find(&l, "nosmt"));
	options_list_clear(&l);
	assert_int_equal(options_plan(smt, NULL, false, &l, &err), 0);
	assert_non_null(find(&l, "nosmt"));
	options_list_clear(&l);
	assert_int_equal(options_plan(s390x, NULL, false, &l, &err), 0);
	assert_non_null(find(&l, "nohz_full="));
	assert_null(find(&l, "possible_cpus=8"));
	options_list_clear(&l);
}

static void axes_can_be_chosen(void **state)
{
	static const char *const two[] = { "irq", "preempt", NULL }, *const bad[] = { "x", NULL };
	_cleanup_(cleanup_machine) struct machine *m = machine("amd64-4");
	struct options_list l = {};
	struct error err = {};

	(void)state;
	assert_int_equal(options_plan(m, two, true, &l, &err), 0);
	assert_int_equal(l.n, 2 * 4);
	assert_non_null(find(&l, "threadirqs preempt=none"));
	assert_string_equal(find(&l, "threadirqs preempt=none")->name, "threadirqs+preempt=none");
	options_list_clear(&l);
	assert_int_equal(options_plan(m, bad, true, &l, &err), -EINVAL);
	assert_non_null(strstr(err.text, "\"x\""));
	assert_non_null(strstr(err.text, "preempt"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_is_met),         cmocka_unit_test(plans_are_small),
		cmocka_unit_test(one_axis_is_its_values),    cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(options_fit_their_machine), cmocka_unit_test(axes_can_be_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
