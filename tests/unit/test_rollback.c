// SPDX-License-Identifier: GPL-2.0-or-later
/* How the function witness judges what became of each use of a CPU. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/wait.h"
#include "box/cpu_states.h"
#include "support/findings.h"
#include "witnesses/rollback/function.h"
#include "witnesses/rollback/share.h"

#define FUNCTION "rollback.function"

static struct function_seen good(void)
{
	struct function_seen seen = {
		.after = "offline gave EAGAIN",
		.probe = { .cpu = 3,
			   .is_in_time = true,
			   .took_ns = 30 * NS_PER_MS,
			   .best_sleep_ns = 400 * NS_PER_US,
			   .ran_on = 3 },
	};

	for (int i = 0; i < PROBE_STEPS; i++)
		seen.probe.results[i] = PROBE_GOOD;
	return seen;
}

static void check(const struct function_seen *seen, int result)
{
	_cleanup_findings_ struct findings f = {};

	function_judge(seen, &f);
	assert_int_equal(f.n, 1);
	assert_int_equal(found(&f, FUNCTION), result);
}

static void cpu_that_works_holds(void **state)
{
	struct function_seen seen = good();

	(void)state;
	check(&seen, FINDING_MET);
	/* What a box has not is no fault of the CPU. */
	seen.probe.results[PROBE_PERF] = seen.probe.results[PROBE_IPI] = PROBE_ABSENT;
	check(&seen, FINDING_MET);
}

static void probe_step_stuck(void **state)
{
	(void)state;
	for (int i = 0; i < PROBE_STEPS; i++) {
		struct function_seen seen = good();

		seen.probe.results[i] = PROBE_STUCK;
		seen.probe.is_in_time = false;
		check(&seen, FINDING_UNMET);
		seen.probe.results[i] = PROBE_BAD;
		seen.probe.errors[i] = ENODEV;
		check(&seen, FINDING_UNMET);
	}
}

/* What did not work before the act either is not put on it; what else fails is. */
static void softirq_lacked_before(void **state)
{
	struct function_seen seen = good();

	(void)state;
	seen.lacked_softirq = true;
	seen.probe.results[PROBE_SOFTIRQ] = PROBE_BAD;
	check(&seen, FINDING_UNEXERCISED);
	seen.probe.results[PROBE_PERF] = PROBE_BAD;
	check(&seen, FINDING_UNMET);
}

/* All sleeps are long: the CPU's fault only where another CPU had short ones meanwhile. */
static void coarse_sleep_is_compared(void **state)
{
	struct function_seen seen = good();

	(void)state;
	seen.probe.best_sleep_ns = 4300 * NS_PER_US;
	check(&seen, FINDING_MET);
	seen.probe.other_sleep_ns = 4100 * NS_PER_US;
	check(&seen, FINDING_MET);
	seen.probe.other_sleep_ns = 400 * NS_PER_US;
	check(&seen, FINDING_UNMET);
}

static void no_time_is_no_failure(void **state)
{
	struct function_seen seen = good();

	(void)state;
	seen.probe.is_in_time = false;
	check(&seen, FINDING_UNEXERCISED);
}

static void check_share(const struct share_seen *seen, int result)
{
	_cleanup_findings_ struct findings f = {};

	share_judge(seen, &f);
	assert_int_equal(found(&f, "rollback.rt-share"), result);
}

/* As seen on 6.1 after EBUSY, and what it is compared with. */
static void share_starved(void **state)
{
	struct share_seen seen = { .result = "EBUSY",
				   .refused = { 3, 2100 * NS_PER_MS, 0 },
				   .other = { 1, 1950 * NS_PER_MS, 100 * NS_PER_MS },
				   .took_ns = 2200 * NS_PER_MS };

	(void)state;
	check_share(&seen, FINDING_UNMET);
	seen.refused.meek_ns = 50 * NS_PER_MS;
	check_share(&seen, FINDING_MET);
	/* No throttling anywhere: real-time threads may be allowed all there is. */
	seen.refused.meek_ns = seen.other.meek_ns = 0;
	check_share(&seen, FINDING_UNEXERCISED);
	seen.why_not = "there is no third CPU to watch from";
	check_share(&seen, FINDING_UNEXERCISED);
}

/* As 6.1 numbers them; the names decide. */
static void states_that_cannot_fail_are_told(void **state)
{
	struct cpu_state list[] = { { 0, "offline" },          { 1, "threads:prepare" },
				    { 86, "cpu:bringup" },     { 87, "idle:dead" },
				    { 100, "sched:starting" }, { 152, "ap:online" },
				    { 153, "cpu:teardown" },   { 236, "online" } };
	struct cpu_states states = { list, ARRAY_SIZE(list) };

	(void)state;
	assert_true(cpu_states_must_refuse(&states, 1, true));
	assert_false(cpu_states_must_refuse(&states, 1, false));
	assert_true(cpu_states_must_refuse(&states, 100, true));
	assert_true(cpu_states_must_refuse(&states, 100, false));
	assert_false(cpu_states_must_refuse(&states, 152, true));
	assert_false(cpu_states_must_refuse(&states, 153, true));
	states.n = 2;
	assert_false(cpu_states_must_refuse(&states, 1, true));
	assert_int_equal(cpu_states_find(&states, "online"), -1);
	assert_string_equal(cpu_states_name(&states, 1), "threads:prepare");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_that_works_holds),
		cmocka_unit_test(probe_step_stuck),
		cmocka_unit_test(softirq_lacked_before),
		cmocka_unit_test(coarse_sleep_is_compared),
		cmocka_unit_test(no_time_is_no_failure),
		cmocka_unit_test(share_starved),
		cmocka_unit_test(states_that_cannot_fail_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
