// SPDX-License-Identifier: GPL-2.0-or-later
/* Workers: they answer, they can be bound, and one that does not end hangs nobody. Real threads; no
 * CPU is taken off. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/wait.h"
#include "stage/worker.h"

static void worker_answers_where_it_woke(void **state)
{
	struct worker w = {};
	struct cpulist own = cpulist_of(0), now;
	struct box *box;

	(void)state;
	assert_int_equal(box_open("/", &box, NULL), 0);
	assert_int_equal(worker_start(&w, "hp-test-with-a-long-name", worker_run_answer, NULL), 0);
	assert_string_equal(w.name, "hp-test-with-a-");
	assert_true(worker_is_idle(&w));
	assert_int_equal(worker_pin(&w, &own, worker_deadline(WORKER_LIMIT_NS)), 0);
	assert_int_equal(worker_affinity(&w, &now), 0);
	assert_true(cpulist_equal(&now, &own));
	worker_ask(&w);
	worker_ask(&w); /* two asks may be answered at once */
	assert_int_equal(worker_await(&w, worker_deadline(WORKER_LIMIT_NS)), 1);
	assert_int_equal(atomic_load(&w.cpu), 0);
	assert_int_equal(worker_await_asleep(box, &w, 0, worker_deadline(WORKER_LIMIT_NS)), 1);
	assert_int_equal(worker_stop(&w), 0);
	assert_int_equal(worker_stop(&w), 0);
	box_free(box);
}

static void worker_cannot_be_bound_to_a_cpu_that_is_not_there(void **state)
{
	struct worker w = {};
	struct cpulist none = cpulist_of(CPULIST_MAX - 1);

	(void)state;
	assert_int_equal(worker_start(&w, "hp-test", worker_run_answer, NULL), 0);
	assert_int_equal(worker_pin(&w, &none, wait_now_ns()), -EINVAL);
	assert_int_equal(worker_stop(&w), 0);
}

static bool has_beaten(void *arg)
{
	return atomic_load(&((struct worker *)arg)->beats) > 10;
}

static void spinning_worker_answers_when_it_may_stop(void **state)
{
	struct worker w = {};

	(void)state;
	assert_int_equal(worker_start(&w, "hp-test", worker_run_spin, NULL), 0);
	atomic_store(&w.is_spinning, true);
	worker_ask(&w);
	assert_int_equal(wait_until(has_beaten, &w, worker_deadline(WORKER_LIMIT_NS)), 1);
	assert_int_equal(worker_await(&w, wait_now_ns()), 0);
	atomic_store(&w.is_spinning, false);
	assert_int_equal(worker_await(&w, worker_deadline(WORKER_LIMIT_NS)), 1);
	assert_int_equal(worker_stop(&w), 0);
}

static atomic_bool is_held;

static void hold(struct worker *w)
{
	while (atomic_load(&is_held))
		worker_getcpu();
	worker_answer(w, 1);
}

static void held_worker_hangs_nobody(void **state)
{
	struct worker w = {};

	(void)state;
	atomic_store(&is_held, true);
	assert_int_equal(worker_start(&w, "hp-test", hold, NULL), 0);
	worker_ask(&w);
	wait_set_scale(0.01);
	assert_int_equal(worker_await(&w, worker_deadline(WORKER_LIMIT_NS)), 0);
	assert_int_equal(worker_stop(&w), -ETIMEDOUT);
	wait_set_scale(1);
	atomic_store(&is_held, false);
	assert_int_equal(worker_stop(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worker_answers_where_it_woke),
		cmocka_unit_test(worker_cannot_be_bound_to_a_cpu_that_is_not_there),
		cmocka_unit_test(spinning_worker_answers_when_it_may_stop),
		cmocka_unit_test(held_worker_hangs_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
