// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hotplug state machine's steps: read from traces of real kernels (tests/traces) and from made
 * ones, and judged. What a witness does with it is seen in guests.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "box/trace.h"
#include "support/findings.h"
#include "witnesses/trace/judge.h"

#define ALWAYS INT64_MIN, INT64_MAX

/* A made trace of CPU 3: teardown is 145, online 236. */
struct made {
	char text[16384];
	int us;
};

struct made_step {
	const char *callback;
	int number, state, ret, cpu;
	bool is_multi;
};

static void make(struct made *m, struct made_step s)
{
	size_t used = strlen(m->text);
	char task[32];

	if (s.cpu == 3)
		snprintf(task, sizeof(task), "cpuhp/3-40");
	else
		snprintf(task, sizeof(task), "kworker/0:0-9");
	snprintf(m->text + used, sizeof(m->text) - used,
		 "  %s [%03d] ..... 7.%06d: %s: cpu: 0003 target: 145 step: %3d (%s)\n"
		 "  %s [%03d] ..... 7.%06d: cpuhp_exit:  cpu: 0003  state: %3d step: %3d ret: %d\n",
		 task, s.cpu, m->us, s.is_multi ? "cpuhp_multi_enter" : "cpuhp_enter", s.number,
		 s.callback, task, s.cpu, m->us + 5, s.state, s.number, s.ret);
	m->us += 10;
}

/* A step down, or up, that succeeds: by the number it runs on the CPU or elsewhere. */
static void down(struct made *m, int number, const char *callback)
{
	make(m, (struct made_step){ callback, number, number - 1, 0, number > 145 ? 3 : 0, false });
}

static void up(struct made *m, int number, const char *callback)
{
	make(m, (struct made_step){ callback, number, number, 0, number > 145 ? 3 : 0, false });
}

static void fails_down(struct made *m, int number, const char *callback, int ret)
{
	make(m,
	     (struct made_step){ callback, number, number - 1, ret, number > 145 ? 3 : 0, false });
}

struct judged {
	struct steps steps;
	struct act_trace trace;
	struct findings f;
};

static void open_made(struct judged *j, struct made *m, enum step_way way, int result, int trap)
{
	*j = (struct judged){ .trace = { .cpu = 3,
					 .way = way,
					 .result = result,
					 .trap = trap,
					 .teardown = 145,
					 .start = way == STEP_DOWN ? 236 : 0,
					 .state = way == STEP_DOWN ? 236 : 0 } };
	assert_int_equal(steps_parse(m->text, 3, ALWAYS, &j->steps), 0);
	j->trace.steps = &j->steps;
	assert_int_equal(attempts_find(&j->steps, way, &j->trace.attempts), 0);
}

static void close_judged(struct judged *j)
{
	attempts_clear(&j->trace.attempts);
	steps_clear(&j->steps);
	findings_clear(&j->f);
}

static void lines_are_taken_apart(void **state)
{
	struct trace_line l;

	(void)state;
	assert_true(trace_parse(
		"  my [001] task-1-27  [003] d..1.    61.301042: cpuhp_exit:  cpu: 3", &l));
	assert_string_equal(l.comm, "my [001] task-1");
	assert_int_equal(l.pid, 27);
	assert_int_equal(l.cpu, 3);
	assert_true(l.ns == 61301042000);
	assert_string_equal(l.event, "cpuhp_exit");
	assert_string_equal(l.text, " cpu: 3");
	assert_true(
		trace_parse("           <...>-812     [127] .....  1.000001: a mark: of ours", &l));
	assert_string_equal(l.event, "");
	assert_string_equal(l.text, "a mark: of ours");
	assert_true(l.ns == 1000001000 && l.cpu == 127 && l.pid == 812);
	assert_false(trace_parse("# tracer: nop", &l));
	assert_false(trace_parse("", &l));
	assert_false(trace_parse("  x-1 [000] ..... 12: cpuhp_exit: y", &l));
	assert_true(trace_says_lost("CPU:2 [LOST 17 EVENTS]"));
	assert_true(trace_says_lost("CPU:2 [LOST EVENTS]"));
	assert_false(trace_says_lost("  x-1 [000] ..... 1.000000: m: CPU:2 [LOST 1 EVENTS]"));
}

static void read_recorded(struct judged *j, const char *name, enum step_way way)
{
	_cleanup_free_ char *path = text_printf(TESTS "/traces/%s.txt", name), *text = NULL;

	*j = (struct judged){ .trace = { .cpu = 1, .way = way, .trap = -1, .teardown = 145 } };
	if (text_ends(name, "6.1"))
		j->trace.teardown = 153;
	if (text_ends(name, "5.10"))
		j->trace.teardown = 147;
	assert_int_equal(file_read(AT_FDCWD, path, &text, NULL), 0);
	assert_int_equal(steps_parse(text, 1, ALWAYS, &j->steps), 0);
	j->trace.steps = &j->steps;
	assert_int_equal(attempts_find(&j->steps, way, &j->trace.attempts), 0);
}

static void recorded_traces_hold(void **state)
{
	static const struct {
		const char *name;
		enum step_way way;
		const char *claim;
	} all[] = { { "offline-5.10", STEP_DOWN, "sm.down-descends" },
		    { "online-5.10", STEP_UP, "sm.up-ascends" },
		    { "offline-6.1", STEP_DOWN, "sm.down-descends" },
		    { "offline-6.12", STEP_DOWN, "sm.down-descends" },
		    { "online-6.1", STEP_UP, "sm.up-ascends" },
		    { "online-6.12", STEP_UP, "sm.up-ascends" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct ladder known = {};
		struct judged j;

		read_recorded(&j, all[i].name, all[i].way);
		assert_false(j.steps.is_lost);
		assert_int_equal(j.trace.attempts.n, 1);
		judge_order(&j.trace, &j.f);
		assert_int_equal(ladder_learn(act_trace_last(&j.trace), &known), 0);
		judge_same(&j.trace, &known, &j.f);
		judge_context(&j.trace, &j.f);
		judge_errno(&j.trace, &j.f);
		judge_rollback(&j.trace, NULL, &j.f);
		assert_int_equal(found(&j.f, all[i].claim), FINDING_MET);
		assert_int_equal(found(&j.f, "sm.same-every-time"), FINDING_MET);
		assert_int_equal(found(&j.f, "sm.right-cpu"), FINDING_MET);
		assert_int_equal(found(&j.f, "sm.exit-matches-errno"), FINDING_MET);
		assert_int_equal(found(&j.f, "rollback.order"), -1);
		ladder_clear(&known);
		close_judged(&j);
	}
}

/* The wrapper waits for the steps on the CPU, and they are not its own time. */
static void wrappers_cost_only_their_own(void **state)
{
	struct judged j;
	int64_t inner = 0;

	(void)state;
	read_recorded(&j, "offline-6.12", STEP_DOWN);
	assert_string_equal(j.steps.list[0].callback, "cpuhp_kick_ap_work");
	for (size_t i = 1; i < j.steps.n; i++)
		if (j.steps.list[i].number > j.trace.teardown)
			inner += j.steps.list[i].self_ns;
	assert_true(j.steps.list[0].ended_ns - j.steps.list[0].began_ns ==
		    j.steps.list[0].self_ns + inner);
	close_judged(&j);
}

static void steps_of_others_are_left_out(void **state)
{
	struct made m = {};
	struct judged j;

	(void)state;
	down(&m, 235, "a");
	/* Somebody registers a state: the callback runs while the CPU is online. */
	make(&m, (struct made_step){ "installed", 200, 236, 0, 3, false });
	down(&m, 190, "b");
	open_made(&j, &m, STEP_DOWN, 0, -1);
	assert_int_equal(act_trace_last(&j.trace)->n_forward, 2);
	judge_order(&j.trace, &j.f);
	assert_int_equal(found(&j.f, "sm.down-descends"), FINDING_MET);
	close_judged(&j);
}

static int order_of(enum step_way way, const int *numbers, size_t n, bool is_multi)
{
	struct made m = {};
	struct judged j;
	int result;

	for (size_t i = 0; i < n; i++)
		make(&m, (struct made_step){ "f", numbers[i], numbers[i] - (way == STEP_DOWN), 0, 0,
					     is_multi });
	open_made(&j, &m, way, 0, -1);
	judge_order(&j.trace, &j.f);
	result = found(&j.f, way == STEP_DOWN ? "sm.down-descends" : "sm.up-ascends");
	close_judged(&j);
	return result;
}

static void order_is_judged(void **state)
{
	(void)state;
	assert_int_equal(order_of(STEP_DOWN, (int[]){ 9, 8, 3 }, 3, false), FINDING_MET);
	assert_int_equal(order_of(STEP_DOWN, (int[]){ 9, 9, 3 }, 3, false), FINDING_UNMET);
	assert_int_equal(order_of(STEP_DOWN, (int[]){ 9, 9, 3 }, 3, true), FINDING_MET);
	assert_int_equal(order_of(STEP_DOWN, (int[]){ 9, 3, 8 }, 3, true), FINDING_UNMET);
	assert_int_equal(order_of(STEP_UP, (int[]){ 3, 8, 9 }, 3, false), FINDING_MET);
	assert_int_equal(order_of(STEP_UP, (int[]){ 3, 3, 9 }, 3, false), FINDING_UNMET);
	assert_int_equal(order_of(STEP_UP, (int[]){ 8, 3, 9 }, 3, false), FINDING_UNMET);
}

static void step_the_other_way_is_told(void **state)
{
	struct made m = {};
	struct judged j;

	(void)state;
	down(&m, 235, "a");
	up(&m, 200, "b");
	down(&m, 200, "b");
	open_made(&j, &m, STEP_DOWN, 0, -1);
	assert_int_equal(j.trace.attempts.n, 1);
	judge_order(&j.trace, &j.f);
	assert_int_equal(found(&j.f, "sm.down-descends"), FINDING_UNMET);
	close_judged(&j);
}

static void step_that_never_returned_is_told(void **state)
{
	struct made m = {};
	struct judged j;

	(void)state;
	down(&m, 235, "a");
	strcat(m.text,
	       " cpuhp/3-40 [003] ..... 8.000000: cpuhp_enter: cpu: 0003 target: 145 step: 200 "
	       "(b)\n");
	open_made(&j, &m, STEP_DOWN, 0, -1);
	judge_order(&j.trace, &j.f);
	assert_int_equal(found(&j.f, "sm.down-descends"), FINDING_UNMET);
	close_judged(&j);
}

/* What was learnt from `of` against `m`. */
static int same(struct made *of, struct made *m)
{
	struct ladder known = {};
	struct judged a, b;
	int result;

	open_made(&a, of, STEP_DOWN, 0, -1);
	open_made(&b, m, STEP_DOWN, 0, -1);
	assert_int_equal(ladder_learn(act_trace_last(&a.trace), &known), 0);
	judge_same(&b.trace, &known, &b.f);
	result = found(&b.f, "sm.same-every-time");
	ladder_clear(&known);
	close_judged(&a);
	close_judged(&b);
	return result;
}

static void sameness_is_judged(void **state)
{
	struct made whole, part = {}, other = {}, more;

	(void)state;
	whole = more = (struct made){};
	down(&whole, 235, "a");
	down(&whole, 200, "b");
	down(&part, 235, "a");
	assert_int_equal(same(&whole, &part), FINDING_UNMET);
	whole = part = (struct made){};
	down(&whole, 235, "a");
	down(&whole, 200, "b");
	down(&part, 235, "a");
	assert_int_equal(same(&part, &whole), FINDING_UNMET);
	part = (struct made){};
	down(&part, 235, "a");
	down(&other, 235, "z");
	assert_int_equal(same(&part, &other), FINDING_UNMET);
	/* Instances and modules come and go. */
	part = (struct made){};
	down(&part, 235, "a");
	down(&more, 235, "a");
	make(&more, (struct made_step){ "m", 200, 199, 0, 3, true });
	down(&more, 199, "gone [zram]");
	assert_int_equal(same(&part, &more), FINDING_MET);
}

/* unit:step-on-wrong-cpu: no kernel can be made to do it, since smpboot.c stops at once when one of
 * its threads is on another CPU. */
static void place_is_judged(void **state)
{
	struct made m = {};
	struct judged j;

	(void)state;
	down(&m, 235, "a");
	down(&m, 20, "b");
	open_made(&j, &m, STEP_DOWN, 0, -1);
	judge_context(&j.trace, &j.f);
	assert_int_equal(found(&j.f, "sm.right-cpu"), FINDING_MET);
	close_judged(&j);
	m = (struct made){};
	make(&m, (struct made_step){ "a", 235, 234, 0, 0, false });
	down(&m, 20, "b");
	open_made(&j, &m, STEP_DOWN, 0, -1);
	judge_context(&j.trace, &j.f);
	assert_int_equal(found(&j.f, "sm.right-cpu"), FINDING_UNMET);
	close_judged(&j);
	m = (struct made){};
	down(&m, 235, "a");
	make(&m, (struct made_step){ "b", 20, 19, 0, 3, false });
	open_made(&j, &m, STEP_DOWN, 0, -1);
	judge_context(&j.trace, &j.f);
	assert_int_equal(found(&j.f, "sm.right-cpu"), FINDING_UNMET);
	close_judged(&j);
}

static int errno_of(int ret, int result, int trap)
{
	struct made m = {};
	struct judged j;
	int found_it;

	down(&m, 235, "a");
	fails_down(&m, 200, "b", ret);
	if (ret)
		up(&m, 235, "A");
	open_made(&j, &m, STEP_DOWN, result, trap);
	judge_errno(&j.trace, &j.f);
	found_it = found(&j.f, "sm.exit-matches-errno");
	close_judged(&j);
	return found_it;
}

static void outcome_is_judged(void **state)
{
	(void)state;
	assert_int_equal(errno_of(0, 0, -1), FINDING_MET);
	assert_int_equal(errno_of(-16, 16, -1), FINDING_MET);
	assert_int_equal(errno_of(-16, 0, -1), FINDING_UNMET);
	assert_int_equal(errno_of(-16, 5, -1), FINDING_UNMET);
	assert_int_equal(errno_of(0, 16, -1), FINDING_UNMET);
	assert_int_equal(errno_of(1, 0, -1), FINDING_UNMET);
	assert_int_equal(errno_of(0, 11, 190), FINDING_MET);
	assert_int_equal(errno_of(0, 0, 190), FINDING_UNMET);
}

/* A complete way up, which an offline that failed is held against. */
static void learn_up(struct ladder *known)
{
	struct made m = {};
	struct judged j;

	up(&m, 20, "Z");
	up(&m, 190, "C");
	up(&m, 200, "B");
	make(&m, (struct made_step){ "M", 210, 210, 0, 3, true });
	up(&m, 230, "N");
	up(&m, 235, "A");
	open_made(&j, &m, STEP_UP, 0, -1);
	assert_int_equal(ladder_learn(act_trace_last(&j.trace), known), 0);
	close_judged(&j);
}

static int rollback_of(struct made *m, int result, int trap, int state_after, bool has_known)
{
	struct ladder known = {};
	struct judged j;
	int r;

	learn_up(&known);
	open_made(&j, m, STEP_DOWN, result, trap);
	j.trace.state = state_after;
	judge_rollback(&j.trace, has_known ? &known : NULL, &j.f);
	r = found(&j.f, "rollback.order");
	ladder_clear(&known);
	close_judged(&j);
	return r;
}

/* Down to the failure in step 190. */
static struct made failing(void)
{
	struct made m = {};

	down(&m, 235, "a");
	make(&m, (struct made_step){ "m", 210, 209, 0, 3, true });
	make(&m, (struct made_step){ "m", 210, 209, 0, 3, true });
	down(&m, 200, "b");
	fails_down(&m, 190, "c", -16);
	return m;
}

static void right_ways_back_hold(void **state)
{
	struct made m = failing();

	(void)state;
	up(&m, 200, "B");
	make(&m, (struct made_step){ "M", 210, 210, 0, 3, true });
	make(&m, (struct made_step){ "M", 210, 210, 0, 3, true });
	/* Has no callback on the way down, and one on the way up. */
	up(&m, 230, "N");
	up(&m, 235, "A");
	assert_int_equal(rollback_of(&(struct made){ .text = "" }, 16, -1, 236, true), -1);
	{
		struct made copy = m;

		assert_int_equal(rollback_of(&copy, 16, -1, 236, true), FINDING_MET);
		copy = m;
		assert_int_equal(rollback_of(&copy, 16, -1, 236, false), FINDING_MET);
		copy = m;
		assert_int_equal(rollback_of(&copy, 16, -1, 0, true), FINDING_UNMET);
	}
	/* A trap makes no event. */
	m = (struct made){};
	down(&m, 235, "a");
	up(&m, 230, "N");
	up(&m, 235, "A");
	assert_int_equal(rollback_of(&m, 11, 200, 236, false), FINDING_MET);
}

static void wrong_ways_back_are_caught(void **state)
{
	struct made skips = failing(), swaps = failing(), undoes = failing(), fewer = failing();

	(void)state;
	up(&skips, 200, "B");
	make(&skips, (struct made_step){ "M", 210, 210, 0, 3, true });
	make(&skips, (struct made_step){ "M", 210, 210, 0, 3, true });
	up(&skips, 235, "A");
	assert_int_equal(rollback_of(&skips, 16, -1, 236, true), FINDING_UNMET);
	up(&swaps, 230, "N");
	up(&swaps, 200, "B");
	up(&swaps, 235, "A");
	assert_int_equal(rollback_of(&swaps, 16, -1, 236, false), FINDING_UNMET);
	up(&undoes, 190, "C");
	up(&undoes, 200, "B");
	assert_int_equal(rollback_of(&undoes, 16, -1, 236, false), FINDING_UNMET);
	up(&fewer, 200, "B");
	make(&fewer, (struct made_step){ "M", 210, 210, 0, 3, true });
	up(&fewer, 230, "N");
	up(&fewer, 235, "A");
	assert_int_equal(rollback_of(&fewer, 16, -1, 236, true), FINDING_UNMET);
}

/* Of three instances the third fails. In the control task the way back looks like the way there. */
static struct made half(bool is_on_cpu, int undone)
{
	struct made m = {};

	down(&m, 235, "a");
	for (int i = 0; i < 3; i++)
		make(&m, (struct made_step){ "m", 210, 209, i == 2 ? -12 : 0, is_on_cpu ? 3 : 0,
					     true });
	for (int i = 0; i < undone; i++)
		make(&m, (struct made_step){ "M", 210, is_on_cpu ? 210 : 209, 0, is_on_cpu ? 3 : 0,
					     true });
	up(&m, 230, "N");
	up(&m, 235, "A");
	return m;
}

static void instances_are_undone(void **state)
{
	(void)state;
	for (int on_cpu = 0; on_cpu < 2; on_cpu++) {
		struct made good = half(on_cpu, 2), bad = half(on_cpu, 1);

		assert_int_equal(rollback_of(&good, 12, -1, 236, true), FINDING_MET);
		assert_int_equal(rollback_of(&bad, 12, -1, 236, true), FINDING_UNMET);
	}
}

static void retries_are_told_apart(void **state)
{
	struct made m = {};
	struct judged j;

	(void)state;
	for (int i = 0; i < 3; i++) {
		up(&m, 20, "Z");
		make(&m, (struct made_step){ "C", 190, 190, i < 2 ? -16 : 0, 3, false });
		if (i < 2)
			down(&m, 20, "z");
	}
	open_made(&j, &m, STEP_UP, 0, -1);
	j.trace.state = 236;
	assert_int_equal(j.trace.attempts.n, 3);
	judge_order(&j.trace, &j.f);
	judge_errno(&j.trace, &j.f);
	judge_rollback(&j.trace, NULL, &j.f);
	assert_int_equal(found(&j.f, "sm.up-ascends"), FINDING_MET);
	assert_int_equal(found(&j.f, "sm.exit-matches-errno"), FINDING_MET);
	assert_int_equal(found(&j.f, "rollback.order"), FINDING_MET);
	close_judged(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_taken_apart),
		cmocka_unit_test(recorded_traces_hold),
		cmocka_unit_test(wrappers_cost_only_their_own),
		cmocka_unit_test(steps_of_others_are_left_out),
		cmocka_unit_test(order_is_judged),
		cmocka_unit_test(step_the_other_way_is_told),
		cmocka_unit_test(step_that_never_returned_is_told),
		cmocka_unit_test(sameness_is_judged),
		cmocka_unit_test(place_is_judged),
		cmocka_unit_test(outcome_is_judged),
		cmocka_unit_test(right_ways_back_hold),
		cmocka_unit_test(wrong_ways_back_are_caught),
		cmocka_unit_test(instances_are_undone),
		cmocka_unit_test(retries_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
