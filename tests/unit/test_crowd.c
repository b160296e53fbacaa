// SPDX-License-Identifier: GPL-2.0-or-later
/* How the witnesses with a thread on every CPU judge: heartbeat, observer, clock; and the crowd
 * itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "support/findings.h"
#include "witnesses/clock.h"
#include "witnesses/crowd.h"
#include "witnesses/heartbeat.h"
#include "witnesses/task/observer.h"

static struct cpulist list(const char *text)
{
	struct cpulist l;

	assert_int_equal(cpulist_parse(text, &l), 0);
	return l;
}

static int judge_beats(const struct heartbeat_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	heartbeat_judge(seen, &f);
	return found(&f, "heartbeat.every-cpu-alive");
}

/* An act of 100 ms in which cpu 1 stood still for 1.3 s: seen in healthy guests. */
static struct heartbeat_seen good_beats(void)
{
	return (struct heartbeat_seen){
		.began_ns = 50 * NS_PER_S,
		.ended_ns = 50 * NS_PER_S + 100 * NS_PER_MS,
		.limit_ns = 10 * NS_PER_S,
		.returned = -1,
		.online = list("0-2"),
		.home = list("0-2"),
		.beating = list("0-2"),
		.gaps = { { 1, 49 * NS_PER_S, 50 * NS_PER_S + 300 * NS_PER_MS },
			  { 0, 50 * NS_PER_S, 50 * NS_PER_S + 4 * NS_PER_MS },
			  { 2, 51 * NS_PER_S, 55 * NS_PER_S } },
		.n_gaps = 3,
	};
}

static void long_gaps_hold(void **state)
{
	struct heartbeat_seen seen = good_beats();

	(void)state;
	assert_int_equal(judge_beats(&seen), FINDING_MET);
	/* The longer one on cpu 2 came after the act. */
	assert_int_equal(heartbeat_worst(&seen)->cpu, 1);
	seen.n_gaps = 0;
	assert_null(heartbeat_worst(&seen));
	assert_int_equal(judge_beats(&seen), FINDING_MET);
}

static void heart_stops(void **state)
{
	struct heartbeat_seen seen = good_beats();

	(void)state;
	seen.gaps[2].to_ns = 62 * NS_PER_S;
	assert_int_equal(judge_beats(&seen), FINDING_UNMET);
}

static void returned_cpu_silent(void **state)
{
	struct heartbeat_seen seen = good_beats();

	(void)state;
	seen.online = seen.home = list("0-3");
	assert_int_equal(judge_beats(&seen), FINDING_UNMET);
	/* Whose thread could not be bound is not judged here: task.repins does. */
	seen.home = list("0-2");
	assert_int_equal(judge_beats(&seen), FINDING_MET);
	seen.home = list("");
	assert_int_equal(judge_beats(&seen), FINDING_UNEXERCISED);
}

static int judge_observer(const struct observer_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	observer_judge(seen, &f);
	return found(&f, "task.never-on-dead-cpu");
}

static void thread_on_dead_cpu(void **state)
{
	struct observer_seen seen = {
		.cpu = 3, .is_intact = true, .samples = 4800, .takers = list("0-3")
	};

	(void)state;
	assert_int_equal(judge_observer(&seen), FINDING_MET);
	seen.sightings = 1;
	assert_int_equal(judge_observer(&seen), FINDING_UNMET);
	seen.sightings = 0;
	seen.samples = OBSERVER_ENOUGH - 1;
	assert_int_equal(judge_observer(&seen), FINDING_UNEXERCISED);
	seen.samples = 4800;
	seen.is_intact = false;
	assert_int_equal(judge_observer(&seen), FINDING_UNEXERCISED);
}

static int judge_clock(const struct clock_seen *seen)
{
	_cleanup_findings_ struct findings f = {};

	clock_judge(seen, &f);
	return found(&f, "clock.never-back");
}

static void clock_goes_back(void **state)
{
	struct clock_seen seen = {
		.online = list("0-3"), .returned = 3, .readers = list("0-3"), .rounds = 900
	};

	(void)state;
	assert_int_equal(judge_clock(&seen), FINDING_MET);
	seen.backs = 1;
	seen.clock = "CLOCK_MONOTONIC";
	seen.way = "vDSO";
	seen.behind_ns = 1;
	assert_int_equal(judge_clock(&seen), FINDING_UNMET);
	seen.backs = 0;
	seen.readers = list("0-2"); /* the returned CPU was not among them */
	assert_int_equal(judge_clock(&seen), FINDING_UNEXERCISED);
	seen.returned = -1;
	assert_int_equal(judge_clock(&seen), FINDING_MET);
	seen.readers = list("0");
	assert_int_equal(judge_clock(&seen), FINDING_UNEXERCISED);
}

static void count_round(struct crowd_member *m, void *arg)
{
	(void)m;
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void burst_is_done_by_all(void **state)
{
	static const struct crowd_kind kind = { .name = "hp-test",
						.pause_ns = 60 * NS_PER_S,
						.burst_rounds = 10,
						.data_size = 1,
						.round = count_round };
	struct cpulist online, home, done;
	struct crowd *crowd;
	struct box *box;
	atomic_int rounds = 0;

	(void)state;
	assert_int_equal(box_open("/", &box, NULL), 0);
	assert_int_equal(cpu_online_read(box, &online), 0);
	assert_int_equal(crowd_new(&kind, &rounds, &online, &crowd), 0);
	crowd_settle(crowd, &online, &home);
	crowd_burst(crowd, &online, &done);
	assert_true(cpulist_equal(&done, &online));
	assert_int_equal(atomic_load(&rounds), 10 * cpulist_count(&online));
	assert_true(cpulist_is_subset(&home, &online));
	assert_int_equal(crowd_free(crowd), 0);
	box_free(box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_gaps_hold),      cmocka_unit_test(heart_stops),
		cmocka_unit_test(returned_cpu_silent), cmocka_unit_test(thread_on_dead_cpu),
		cmocka_unit_test(clock_goes_back),     cmocka_unit_test(burst_is_done_by_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
