// SPDX-License-Identifier: GPL-2.0-or-later
/* How the witnesses of witnesses/sched/ judge: good observations, and those that a faulty kernel
 * would bring. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/findings.h"
#include "witnesses/sched/exits.h"
#include "witnesses/sched/policy.h"
#include "witnesses/sched/stopped.h"

#define RT "task.rt-keeps-policy"
#define NICE "task.nice-keeps-policy"

static struct cpulist list(const char *text)
{
	struct cpulist l;

	assert_int_equal(cpulist_parse(text, &l), 0);
	return l;
}

/* cpu 3 of four is off. */
static struct policy_seen good_policy(int policy, int priority, int nice)
{
	return (struct policy_seen){
		.cpu = 3,
		.is_window_closed = true,
		.online = list("0-2"),
		.was = { policy, priority, nice },
		.now = { policy, priority, nice },
		.has_run = true,
		.ran_on = 1,
	};
}

static int judge_policy(const struct policy_seen *seen, const char *claim)
{
	_cleanup_findings_ struct findings f = {};

	policy_judge(seen, &f);
	assert_int_equal(f.n, 1);
	return found(&f, claim);
}

static void kept_policy_holds(void **state)
{
	struct policy_seen fifo = good_policy(SCHED_FIFO, 12, 0),
			   nice = good_policy(SCHED_OTHER, 0, -5);

	(void)state;
	assert_int_equal(judge_policy(&fifo, RT), FINDING_MET);
	assert_int_equal(judge_policy(&nice, NICE), FINDING_MET);
}

static void rt_policy_lost(void **state)
{
	struct policy_seen seen = good_policy(SCHED_RR, 7, 0);

	(void)state;
	seen.now.policy = SCHED_FIFO;
	assert_int_equal(judge_policy(&seen, RT), FINDING_UNMET);
	seen = good_policy(SCHED_FIFO, 12, 0);
	seen.now.priority = 1;
	assert_int_equal(judge_policy(&seen, RT), FINDING_UNMET);
	seen = good_policy(SCHED_FIFO, 12, 0);
	seen.ran_on = 3;
	assert_int_equal(judge_policy(&seen, RT), FINDING_UNMET);
}

/* One that does not run is a failure for real-time threads only: others may have to wait. */
static void rt_stuck(void **state)
{
	struct policy_seen fifo = good_policy(SCHED_FIFO, 12, 0),
			   batch = good_policy(SCHED_BATCH, 0, 5);

	(void)state;
	fifo.has_run = batch.has_run = false;
	assert_int_equal(judge_policy(&fifo, RT), FINDING_UNMET);
	assert_int_equal(judge_policy(&batch, NICE), FINDING_UNEXERCISED);
}

static void nice_lost(void **state)
{
	struct policy_seen seen = good_policy(SCHED_BATCH, 0, 5);

	(void)state;
	seen.now.nice = 0;
	assert_int_equal(judge_policy(&seen, NICE), FINDING_UNMET);
	seen.error = ESRCH;
	assert_int_equal(judge_policy(&seen, NICE), FINDING_ERROR);
	seen.is_window_closed = false;
	assert_int_equal(judge_policy(&seen, NICE), FINDING_UNEXERCISED);
}

static int judge_exits(const struct exits_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	exits_judge(seen, &f);
	return found(&f, "task.exactly-once");
}

static struct exits_seen good_exits(void)
{
	return (struct exits_seen){
		.before = { .begun = 8, .ended = 8 },
		.after = { .begun = 40, .ended = 40 },
		.was_there = true,
		.was_during = true,
		.has_finished = true,
	};
}

static void exact_exits_hold(void **state)
{
	struct exits_seen seen = good_exits();

	(void)state;
	assert_int_equal(judge_exits(&seen), FINDING_MET);
	/* What went wrong in an earlier act is not told again. */
	seen.before.ended = 7;
	seen.after.ended = 39;
	seen.before.wrong = seen.after.wrong = 1;
	assert_int_equal(judge_exits(&seen), FINDING_MET);
	seen.was_during = false;
	assert_int_equal(judge_exits(&seen), FINDING_UNEXERCISED);
	seen.was_during = true;
	seen.was_there = false;
	assert_int_equal(judge_exits(&seen), FINDING_UNEXERCISED);
}

static void child_lost(void **state)
{
	struct exits_seen seen = good_exits();

	(void)state;
	seen.after.ended = 39;
	assert_int_equal(judge_exits(&seen), FINDING_UNMET);
	seen = good_exits();
	seen.has_finished = false;
	assert_int_equal(judge_exits(&seen), FINDING_UNMET);
}

static void child_wrong_status(void **state)
{
	struct exits_seen seen = good_exits();

	(void)state;
	seen.after.wrong = 1;
	assert_int_equal(judge_exits(&seen), FINDING_UNMET);
	seen = good_exits();
	seen.after.alien = 1;
	assert_int_equal(judge_exits(&seen), FINDING_UNMET);
	seen.was_there = seen.was_during = false;
	assert_int_equal(judge_exits(&seen), FINDING_UNMET);
}

static int judge_stopped(const struct stopped_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	stopped_judge(seen, &f);
	return found(&f, "task.stopped-survives");
}

static struct stopped_seen good_stopped(void)
{
	return (struct stopped_seen){
		.how = "frozen",
		.cpu = 3,
		.was_there = true,
		.is_window_closed = true,
		.online = list("0-2"),
		.goes_on = true,
		.ran_on = 2,
	};
}

static void stopped_task_lost(void **state)
{
	struct stopped_seen seen = good_stopped();

	(void)state;
	assert_int_equal(judge_stopped(&seen), FINDING_MET);
	seen.goes_on = false;
	assert_int_equal(judge_stopped(&seen), FINDING_UNMET);
	seen = good_stopped();
	seen.ran_on = 3;
	assert_int_equal(judge_stopped(&seen), FINDING_UNMET);
	seen = good_stopped();
	seen.was_there = false;
	assert_int_equal(judge_stopped(&seen), FINDING_UNEXERCISED);
	seen = good_stopped();
	seen.is_window_closed = false;
	assert_int_equal(judge_stopped(&seen), FINDING_UNEXERCISED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_policy_holds),  cmocka_unit_test(rt_policy_lost),
		cmocka_unit_test(rt_stuck),           cmocka_unit_test(nice_lost),
		cmocka_unit_test(exact_exits_hold),   cmocka_unit_test(child_lost),
		cmocka_unit_test(child_wrong_status), cmocka_unit_test(stopped_task_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
