// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the timer witness judges: good observations, and those that a faulty kernel would bring. Its
 * timers and its sleeps are also really run here, bound to a CPU of this machine, which stays
 * online.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/wait.h"
#include "support/findings.h"
#include "witnesses/timer/timer.h"
#include "witnesses/timer/set.h"
#include "witnesses/timer/sleep.h"

#define LOST "timer.none-lost"
#define EARLY "timer.none-early"
#define SLEEPS "timer.sleeps-end"

static struct timer_seen good(void)
{
	return (struct timer_seen){
		.cpu = 3,
		.shots = { .pending = 80,
			   .due = 10,
			   .due_after = 2,
			   .fired = 10,
			   .worst_late_ns = 400 * NS_PER_MS },
		.series = { { .name = "timerfd",
			      .period_ns = 5 * NS_PER_MS,
			      .expected = 40,
			      .counted = 40 },
			    { .name = "POSIX timer",
			      .period_ns = 7 * NS_PER_MS,
			      .expected = 28,
			      .counted = 27 } },
		.sleeps = { { .name = "nanosleep",
			      .length_ns = 60 * NS_PER_MS,
			      .has_ended = true,
			      .late_ns = NS_PER_S },
			    { .name = "SO_RCVTIMEO",
			      .length_ns = 140 * NS_PER_MS,
			      .has_ended = true,
			      .may_be_early = true,
			      .early_ns = NS_PER_MS } },
		.n_sleeps = 2,
		.limit_ns = 10 * NS_PER_S,
	};
}

static void check(const struct timer_seen *seen, int lost, int early, int sleeps)
{
	_cleanup_findings_ struct findings f = {};

	timer_judge(seen, &f);
	assert_int_equal(found(&f, LOST), lost);
	assert_int_equal(found(&f, EARLY), early);
	assert_int_equal(found(&f, SLEEPS), sleeps);
}

/* Late is not lost, and a socket's time-out is measured in ticks. */
static void late_timers_hold(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	check(&seen, FINDING_MET, FINDING_MET, FINDING_MET);
	seen.is_return = true;
	check(&seen, FINDING_MET, FINDING_MET, FINDING_MET);
}

static void shot_lost(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	seen.shots.fired = 9;
	check(&seen, FINDING_UNMET, FINDING_MET, FINDING_MET);
	/* It did fire; the thread that should have read it was held up. */
	seen.shots.stuck = 1;
	check(&seen, FINDING_UNEXERCISED, FINDING_MET, FINDING_MET);
}

static void series_loses(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	seen.series[0].counted = 38; /* one may be on its way, two may not */
	check(&seen, FINDING_UNMET, FINDING_MET, FINDING_MET);
	seen.series[0].is_stuck = true;
	check(&seen, FINDING_UNEXERCISED, FINDING_MET, FINDING_MET);
	seen = good();
	seen.series[1].missing = 57;
	check(&seen, FINDING_UNMET, FINDING_MET, FINDING_MET);
}

static void shot_early(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	seen.shots.early = 1;
	seen.shots.worst_early_ns = NS_PER_MS;
	check(&seen, FINDING_MET, FINDING_UNMET, FINDING_MET);
}

static void series_too_many(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	seen.series[0].surplus = 1;
	check(&seen, FINDING_MET, FINDING_UNMET, FINDING_MET);
}

static void sleep_early(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	seen.sleeps[0].late_ns = 0;
	seen.sleeps[0].early_ns = 1000;
	check(&seen, FINDING_MET, FINDING_UNMET, FINDING_MET);
}

static void sleep_never_ends(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	seen.sleeps[1].has_ended = false;
	seen.sleeps[1].waited_ns = 10 * NS_PER_S;
	check(&seen, FINDING_MET, FINDING_MET, FINDING_UNMET);
}

static void nothing_armed_is_no_pass(void **state)
{
	struct timer_seen seen = good();

	(void)state;
	seen.shots.due_after = 0;
	check(&seen, FINDING_UNEXERCISED, FINDING_UNEXERCISED, FINDING_MET);
	seen = (struct timer_seen){ .cpu = 3, .shots_unarmed = "did not run in time" };
	check(&seen, FINDING_UNEXERCISED, FINDING_UNEXERCISED, FINDING_UNEXERCISED);
}

/* Without any act: what fires is counted right. */
static void timers_of_a_healthy_cpu_hold(void **state)
{
	struct timer_seen seen = { .cpu = 0, .limit_ns = 10 * NS_PER_S };
	struct timer_set *set;
	int64_t began;

	(void)state;
	assert_int_equal(timer_set_new(&set), 0);
	assert_null(timer_set_arm(set, 0, worker_deadline(WORKER_LIMIT_NS)));
	began = wait_monotonic_ns();
	timer_set_look(set, 3, began, began, seen.limit_ns, &seen);
	assert_true(seen.shots.due_after >= 1);
	check(&seen, FINDING_MET, FINDING_MET, FINDING_UNEXERCISED);
	/* Armed anew, they count from 0 again. */
	assert_null(timer_set_arm(set, 0, worker_deadline(WORKER_LIMIT_NS)));
	seen = (struct timer_seen){ .cpu = 0, .limit_ns = 10 * NS_PER_S };
	began = wait_monotonic_ns();
	timer_set_look(set, 3, began, began, seen.limit_ns, &seen);
	check(&seen, FINDING_MET, FINDING_MET, FINDING_UNEXERCISED);
	timer_set_disarm(set, worker_deadline(WORKER_LIMIT_NS));
	assert_false(timer_set_is_armed(set));
	assert_int_equal(timer_set_free(set), 0);
}

static void sleeps_on_a_healthy_cpu_end(void **state)
{
	struct timer_seen seen = { .cpu = 0, .is_return = true };
	struct timer_sleeps *sleeps;
	struct box *box;
	int n;

	(void)state;
	assert_int_equal(box_open("/", &box, NULL), 0);
	assert_int_equal(timer_sleeps_new(&sleeps), 0);
	n = timer_sleeps_begin(sleeps, box, 0, worker_deadline(WORKER_LIMIT_NS));
	timer_sleeps_look(sleeps, 0, INT64_MAX, 0, 10 * NS_PER_S, &seen);
	assert_int_equal(seen.n_sleeps, n);
	for (int i = 0; i < n; i++)
		assert_true(seen.sleeps[i].has_ended &&
			    (seen.sleeps[i].may_be_early || seen.sleeps[i].early_ns == 0));
	assert_int_equal(timer_sleeps_free(sleeps), 0);
	box_free(box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_timers_hold),
		cmocka_unit_test(shot_lost),
		cmocka_unit_test(series_loses),
		cmocka_unit_test(shot_early),
		cmocka_unit_test(series_too_many),
		cmocka_unit_test(sleep_early),
		cmocka_unit_test(sleep_never_ends),
		cmocka_unit_test(nothing_armed_is_no_pass),
		cmocka_unit_test(timers_of_a_healthy_cpu_hold),
		cmocka_unit_test(sleeps_on_a_healthy_cpu_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
