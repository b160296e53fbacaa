// SPDX-License-Identifier: GPL-2.0-or-later
/* How the cpuset witness judges: good observations, and those that a faulty kernel would bring. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/findings.h"
#include "witnesses/cpuset/cpuset.h"

static struct cpulist list(const char *text)
{
	struct cpulist l;

	assert_int_equal(cpulist_parse(text, &l), 0);
	return l;
}

/* A cpuset with cpu 3 only; cpu 3 of four is off. */
static struct cpuset_seen good_off(void)
{
	return (struct cpuset_seen){
		.cpu = 3,
		.is_window_closed = true,
		.online = list("0-2"),
		.wanted = list("3"),
		.cpus = list("3"),
		.effective = list("0-2"),
		.affinity = list("0-2"),
		.is_asleep = true,
		.has_run = true,
		.ran_on = 1,
	};
}

static void check(const struct cpuset_seen *seen, int effective, int tasks)
{
	_cleanup_findings_ struct findings f = {};

	cpuset_judge(seen, &f);
	assert_int_equal(found(&f, "cpuset.effective-follows"), effective);
	assert_int_equal(found(&f, "cpuset.tasks-follow"), tasks);
}

static void cpuset_that_follows_holds(void **state)
{
	struct cpuset_seen seen = good_off();

	(void)state;
	check(&seen, FINDING_MET, FINDING_MET);
	seen.wanted = seen.cpus = list("0,3");
	seen.effective = seen.affinity = list("0");
	seen.ran_on = 0;
	check(&seen, FINDING_MET, FINDING_MET);
	seen.is_back = true;
	seen.online = list("0-3");
	seen.effective = seen.affinity = list("0,3");
	check(&seen, FINDING_MET, FINDING_MET);
}

static void cpuset_effective_stale(void **state)
{
	struct cpuset_seen seen = good_off();

	(void)state;
	seen.effective = list("3");
	check(&seen, FINDING_UNMET, FINDING_UNEXERCISED);
	seen.effective = list("");
	check(&seen, FINDING_UNMET, FINDING_UNEXERCISED);
	/* Not given back on the return. */
	seen = good_off();
	seen.is_back = true;
	seen.online = list("0-3");
	check(&seen, FINDING_UNMET, FINDING_UNEXERCISED);
}

static void cpuset_list_changed(void **state)
{
	struct cpuset_seen seen = good_off();

	(void)state;
	seen.cpus = list("");
	check(&seen, FINDING_UNMET, FINDING_UNEXERCISED);
}

static void cpuset_mask_stale(void **state)
{
	struct cpuset_seen seen = good_off();

	(void)state;
	seen.affinity = list("");
	check(&seen, FINDING_MET, FINDING_UNMET);
	seen.is_back = true;
	seen.online = list("0-3");
	seen.effective = list("3");
	seen.affinity = list("0-3");
	check(&seen, FINDING_MET, FINDING_UNMET);
}

static void cpuset_task_elsewhere(void **state)
{
	struct cpuset_seen seen = good_off();

	(void)state;
	seen.ran_on = 3;
	check(&seen, FINDING_MET, FINDING_UNMET);
	seen.has_run = false;
	check(&seen, FINDING_MET, FINDING_UNMET);
}

static void without_precondition_nothing_is_judged(void **state)
{
	struct cpuset_seen seen = good_off();

	(void)state;
	seen.ran_on = 3;
	seen.is_asleep = false;
	check(&seen, FINDING_MET, FINDING_UNEXERCISED);
	seen.read_error = ENOENT;
	check(&seen, FINDING_ERROR, FINDING_ERROR);
	seen.is_window_closed = false;
	check(&seen, FINDING_UNEXERCISED, FINDING_UNEXERCISED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpuset_that_follows_holds),
		cmocka_unit_test(cpuset_effective_stale),
		cmocka_unit_test(cpuset_list_changed),
		cmocka_unit_test(cpuset_mask_stale),
		cmocka_unit_test(cpuset_task_elsewhere),
		cmocka_unit_test(without_precondition_nothing_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
