// SPDX-License-Identifier: GPL-2.0-or-later
/* How the task witnesses judge: good observations, and those that a faulty kernel would bring. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/wait.h"
#include "support/findings.h"
#include "witnesses/task/task.h"
#include "witnesses/task/mask.h"
#include "witnesses/task/sleeper.h"

#define LEAVES "task.leaves-dying-cpu"
#define PROGRESS "task.keeps-progress"
#define USABLE "task.affinity-usable"

static struct cpulist list(const char *text)
{
	struct cpulist l;

	assert_int_equal(cpulist_parse(text, &l), 0);
	return l;
}

/* cpu 3 of four went off; its thread runs on cpu 1. */
static struct task_seen good_bound(void)
{
	return (struct task_seen){
		.cpu = 3,
		.online = list("0-2"),
		.is_window_closed = true,
		.turns = 1000,
		.waited_ns = 20 * NS_PER_MS,
		.last_seen = 1,
		.proc_state = 'R',
		.proc_cpu = 1,
		.affinity = list("0-2"),
	};
}

static void check_bound(const struct task_seen *seen, int leaves, int progress, int usable)
{
	_cleanup_findings_ struct findings f = {};

	task_judge(seen, &f);
	assert_int_equal(found(&f, LEAVES), leaves);
	assert_int_equal(found(&f, PROGRESS), progress);
	assert_int_equal(found(&f, USABLE), usable);
}

static void bound_task_that_moves_holds(void **state)
{
	struct task_seen seen = good_bound();

	(void)state;
	check_bound(&seen, FINDING_MET, FINDING_MET, FINDING_MET);
}

static void bound_task_on_dead_cpu(void **state)
{
	struct task_seen seen = good_bound();

	(void)state;
	seen.last_seen = 3;
	check_bound(&seen, FINDING_UNMET, FINDING_MET, FINDING_MET);
}

/* Moved and not run again: it is not on the dead CPU, so only its progress is broken. */
static void bound_task_stalls(void **state)
{
	struct task_seen seen = good_bound();

	(void)state;
	seen.turns = 0;
	seen.last_seen = -1;
	check_bound(&seen, FINDING_UNEXERCISED, FINDING_UNMET, FINDING_UNEXERCISED);
	seen.proc_cpu = 3;
	check_bound(&seen, FINDING_UNMET, FINDING_UNMET, FINDING_UNEXERCISED);
}

static void bound_task_mask_empty(void **state)
{
	struct task_seen seen = good_bound();

	(void)state;
	seen.affinity = list("");
	check_bound(&seen, FINDING_MET, FINDING_MET, FINDING_UNMET);
	seen.affinity = list("3");
	check_bound(&seen, FINDING_MET, FINDING_MET, FINDING_UNMET);
	seen.affinity_error = ESRCH;
	check_bound(&seen, FINDING_MET, FINDING_MET, FINDING_ERROR);
}

static void bound_task_is_not_judged_in_an_open_window(void **state)
{
	struct task_seen seen = good_bound();

	(void)state;
	seen.is_window_closed = false;
	seen.last_seen = 3;
	check_bound(&seen, FINDING_UNEXERCISED, FINDING_UNEXERCISED, FINDING_UNEXERCISED);
}

static int judge_woken(const struct task_sleeper_woken *seen)
{
	_cleanup_findings_ struct findings f = {};

	task_sleeper_judge_woken(seen, &f);
	return found(&f, "task.sleeper-wakes");
}

static void woken_sleeper_is_judged(void **state)
{
	struct task_sleeper_woken seen = { .cpu = 3,
					   .online = list("0-2"),
					   .is_window_closed = true,
					   .has_woken = true,
					   .woke_on = 2 };

	(void)state;
	assert_int_equal(judge_woken(&seen), FINDING_MET);
	seen.woke_on = 3; /* sleeper-wakes-on-dead-cpu */
	assert_int_equal(judge_woken(&seen), FINDING_UNMET);
	seen.has_woken = false; /* sleeper-never-wakes */
	assert_int_equal(judge_woken(&seen), FINDING_UNMET);
	seen.is_window_closed = false;
	assert_int_equal(judge_woken(&seen), FINDING_UNEXERCISED);
}

static int judge_kept(const struct task_sleeper_kept *seen)
{
	_cleanup_findings_ struct findings f = {};

	task_sleeper_judge_kept(seen, &f);
	return found(&f, "task.sleeper-keeps-mask");
}

static void kept_sleeper_is_judged(void **state)
{
	struct task_sleeper_kept seen = { .cpu = 3,
					  .is_in_root_cpuset = true,
					  .affinity = list("3"),
					  .has_woken = true,
					  .woke_on = 3 };

	(void)state;
	assert_int_equal(judge_kept(&seen), FINDING_MET);
	seen.woke_on = 0;
	assert_int_equal(judge_kept(&seen), FINDING_UNMET);
	seen.woke_on = 3;
	seen.affinity = list("0-3"); /* sleeper-mask-lost */
	assert_int_equal(judge_kept(&seen), FINDING_UNMET);
	seen.is_in_root_cpuset = false;
	assert_int_equal(judge_kept(&seen), FINDING_UNEXERCISED);
}

static int judge_partial(const struct task_mask_partial *seen)
{
	_cleanup_findings_ struct findings f = {};

	task_mask_judge_partial(seen, &f);
	return found(&f, "task.partial-mask");
}

static struct task_mask_partial good_partial(bool is_back)
{
	return (struct task_mask_partial){
		.cpu = 3,
		.other = 0,
		.is_back = is_back,
		.is_other_online = true,
		.is_in_root_cpuset = true,
		.online = list(is_back ? "0-3" : "0-2"),
		.affinity = list(is_back ? "0,3" : "0"),
		.has_run = true,
		.ran_on = 0,
	};
}

static void partial_mask_is_judged_while_off(void **state)
{
	struct task_mask_partial seen = good_partial(false);

	(void)state;
	assert_int_equal(judge_partial(&seen), FINDING_MET);
	seen.affinity = list("0,3"); /* partial-mask-holds-dead-cpu */
	assert_int_equal(judge_partial(&seen), FINDING_UNMET);
	seen = good_partial(false);
	seen.ran_on = 3;
	assert_int_equal(judge_partial(&seen), FINDING_UNMET);
	seen.has_run = false;
	assert_int_equal(judge_partial(&seen), FINDING_UNMET);
	seen.is_other_online = false;
	assert_int_equal(judge_partial(&seen), FINDING_UNEXERCISED);
}

static void partial_mask_is_judged_after_the_return(void **state)
{
	struct task_mask_partial seen = good_partial(true);

	(void)state;
	assert_int_equal(judge_partial(&seen), FINDING_MET);
	seen.ran_on = 3;
	assert_int_equal(judge_partial(&seen), FINDING_MET);
	seen.affinity = list("0"); /* partial-mask-lost */
	assert_int_equal(judge_partial(&seen), FINDING_UNMET);
	seen.is_in_root_cpuset = false;
	assert_int_equal(judge_partial(&seen), FINDING_UNEXERCISED);
}

static int judge_repin(const struct task_mask_repin *seen)
{
	_cleanup_findings_ struct findings f = {};

	task_mask_judge_repin(seen, &f);
	return found(&f, "task.repins");
}

static struct task_mask_repin good_repin(void)
{
	return (struct task_mask_repin){
		.cpu = 3,
		.is_in_root_cpuset = true,
		.affinity = list("3"),
		.has_run = true,
		.last_cpu = 3,
	};
}

static void repin_is_judged(void **state)
{
	struct task_mask_repin seen = good_repin();

	(void)state;
	assert_int_equal(judge_repin(&seen), FINDING_MET);
	seen.pin_error = EINVAL; /* repin-refused */
	assert_int_equal(judge_repin(&seen), FINDING_UNMET);
	seen = good_repin();
	seen.has_run = false; /* repin-elsewhere */
	seen.last_cpu = 1;
	assert_int_equal(judge_repin(&seen), FINDING_UNMET);
	seen = good_repin();
	seen.affinity = list("0-3"); /* repin-ignored: that it ran there was chance */
	assert_int_equal(judge_repin(&seen), FINDING_UNMET);
	seen.is_in_root_cpuset = false;
	assert_int_equal(judge_repin(&seen), FINDING_MET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bound_task_that_moves_holds),
		cmocka_unit_test(bound_task_on_dead_cpu),
		cmocka_unit_test(bound_task_stalls),
		cmocka_unit_test(bound_task_mask_empty),
		cmocka_unit_test(bound_task_is_not_judged_in_an_open_window),
		cmocka_unit_test(woken_sleeper_is_judged),
		cmocka_unit_test(kept_sleeper_is_judged),
		cmocka_unit_test(partial_mask_is_judged_while_off),
		cmocka_unit_test(partial_mask_is_judged_after_the_return),
		cmocka_unit_test(repin_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
