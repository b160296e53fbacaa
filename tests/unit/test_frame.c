// SPDX-License-Identifier: GPL-2.0-or-later
/* The frames of top and sysstat: real output of Debian 12's programs, and what makes a frame
 * impossible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/wait.h"
#include "witnesses/tool/frame.h"

/* The clocks run together: it is 10:00:00 at 0. */
#define DAY_NS (10 * 3600 * NS_PER_S)

static int feed(struct frame_parser *p, const char *text, int64_t empty_ns, int64_t read_ns,
		struct frame *last)
{
	_cleanup_free_ char *copy = strdup(text);
	char *cursor = copy, *line;
	int n = 0;

	while ((line = text_next_line(&cursor)))
		n += frame_feed(p, line,
				&(struct frame_line){ empty_ns, read_ns, DAY_NS + read_ns }, last);
	return n;
}

#define TOP_FRAME(rows)                                                               \
	"top - 10:01:18 up 0 min,  0 user,  load average: 0.00, 0.00, 0.00\n"         \
	"Tasks:  69 total,   1 running,  68 sleeping,   0 stopped,   0 zombie\n" rows \
	"MiB Mem :    971.6 total,    915.8 free\n\n    PID USER\n  103 root\n"

static void top_rows_come_several_abreast(void **state)
{
	struct frame_parser p = { .format = FRAME_TOP, .since_ns = 1 };
	struct frame f;

	assert_int_equal(
		feed(&p,
		     TOP_FRAME(
			     "%Cpu0  :  5.9 us,  5.9 sy,  0.0 ni, 88.2 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st   "
			     "%Cpu1  :  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st \n"
			     "%Cpu3  :  0.0 us,  2.8 sy,  0.0 ni, 97.2 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st \n"),
		     10, 20, &f),
		1);
	assert_string_equal(cpulist_str(&f.rows), "0-1,3");
	assert_string_equal(f.problem, "");
	assert_int_equal(f.since_ns, 1);
	assert_int_equal(f.until_ns, 20);
	assert_int_equal(feed(&p, TOP_FRAME("%Cpu0  :  nan us,  0.0 sy\n"), 30, 40, &f), 1);
	assert_int_equal(f.since_ns, 10);
	assert_non_null(strstr(f.problem, "cpu0"));
	assert_int_equal(feed(&p, TOP_FRAME("%Cpu0  : -3.0 us,  0.0 sy\n"), 50, 60, &f), 1);
	assert_non_null(strstr(f.problem, "-3.0"));
	assert_int_equal(feed(&p,
			      TOP_FRAME("%Cpu0  :  1.0 us,  0.0 sy\n%Cpu1  :  0.0 us,110.2 sy\n"),
			      50, 60, &f),
			 1);
	assert_string_equal(f.problem, ""); /* iowait went back: legal, seen on 6.1 */
	assert_int_equal(
		feed(&p, TOP_FRAME("%Cpu2  :  1.0 us,18446744073709551615.0 sy\n"), 70, 80, &f), 1);
	assert_non_null(strstr(f.problem, "cpu2"));
}

#define TABLE(rows)                                                                            \
	"\n10:00:12     CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal   %idle\n" \
	"10:00:13     all    2.51    0.00   16.08    0.00    0.00    1.51    0.00   79.90\n" rows
#define ROW(n) \
	"10:00:13       " #n "    3.12    0.00   18.75    0.00    0.00    0.00    0.00   78.12\n"

static void sysstat_tables_end_with_the_next(void **state)
{
	struct frame_parser p = { .format = FRAME_MPSTAT, .since_ns = 1, .prev_since_ns = 1 };
	struct frame f;

	assert_int_equal(feed(&p,
			      "Linux 6.1.0-56-cloud-amd64 (x) \t2026-11-23 \t_x86_64_\t(4 CPU)\n",
			      1, 2, &f),
			 0);
	assert_int_equal(feed(&p, TABLE(ROW(0) ROW(1) ROW(3)), 10, 20, &f), 0);
	assert_int_equal(feed(&p, TABLE(ROW(0) ROW(1) ROW(2) ROW(3)), 30, 40, &f), 1);
	assert_string_equal(cpulist_str(&f.rows), "0-1,3");
	assert_int_equal(f.until_ns, 20);
	assert_int_equal(feed(&p, "\n", 50, 60, &f), 1);
	assert_string_equal(cpulist_str(&f.rows), "0-3");
	/* Sampled after the last row before it was written: the pipe was seen empty at 10. */
	assert_int_equal(f.since_ns, 10);
	assert_int_equal(f.until_ns, 40);
	assert_int_equal(feed(&p, TABLE("10:00:13       0    3.12  x\n") "\n", 70, 80, &f), 1);
	assert_non_null(strstr(f.problem, "\"x\""));
}

/* sadc sampled at 10:00:11.x and at 10:00:13.x, and sar had no processor until 10:00:15. */
static void sar_prints_later_than_sadc_samples(void **state)
{
	struct frame_parser p = { .format = FRAME_SAR, .since_ns = 1, .prev_since_ns = 1 };
	struct frame f;

	assert_int_equal(feed(&p,
			      "\n10:00:10     CPU    %usr\n10:00:11     all    2.51\n"
			      "10:00:11       0    3.12\n",
			      15 * NS_PER_S, 15 * NS_PER_S + 1, &f),
			 0);
	assert_int_equal(feed(&p, TABLE(ROW(0)), 15 * NS_PER_S + 2, 15 * NS_PER_S + 3, &f), 1);
	assert_int_equal(f.since_ns, 11 * NS_PER_S);
	assert_int_equal(f.until_ns, 15 * NS_PER_S + 1);
	assert_int_equal(feed(&p, "\n", 16 * NS_PER_S, 16 * NS_PER_S + 1, &f), 1);
	assert_int_equal(f.since_ns, 13 * NS_PER_S);
	assert_int_equal(f.prev_since_ns, 11 * NS_PER_S);
	/* Before midnight, read after it; and a clock that was set back bounds nothing. */
	assert_int_equal(feed(&p, "0:0:0 CPU %usr\n23:59:59 0 1.0\n\n", 20 * NS_PER_S,
			      20 * NS_PER_S, &f),
			 1);
	assert_int_equal(f.since_ns, 13 * NS_PER_S);
}

static char *contradiction(int64_t prev, int64_t since, int64_t until, const char *rows,
			   bool needs_two)
{
	struct cpulist start;
	struct mask_change changes[2] = { { 100, 110 }, { 200, 210 } };
	struct frame f = { .prev_since_ns = prev, .since_ns = since, .until_ns = until };

	assert_int_equal(cpulist_parse("0-3", &start), 0);
	changes[0].before = changes[1].after = start;
	changes[0].after = changes[1].before = start;
	cpulist_del(&changes[0].after, 2);
	cpulist_del(&changes[1].before, 2);
	assert_int_equal(cpulist_parse(rows, &f.rows), 0);
	return frame_contradiction(&f, changes, 2, &start, needs_two);
}

static void frames_are_held_against_the_masks(void **state)
{
	static const struct {
		int64_t prev, since, until;
		const char *rows;
		bool needs_two, is_true;
	} cases[] = {
		{ 10, 50, 90, "0-3", false, true },       { 10, 50, 90, "0-1,3", false, false },
		{ 10, 120, 190, "0-1,3", false, true },   { 10, 120, 190, "0-3", false, false },
		{ 10, 90, 120, "0-3", false, true },      { 10, 90, 120, "0-1,3", false, true },
		{ 10, 90, 120, "0-1", false, false },     { 120, 220, 290, "0-3", false, true },
		{ 120, 220, 290, "0-1,3", false, false }, { 120, 220, 290, "0-1,3", true, true },
		{ 215, 220, 290, "0-1,3", true, false },  { 90, 105, 205, "0-4", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *why = contradiction(cases[i].prev, cases[i].since,
							 cases[i].until, cases[i].rows,
							 cases[i].needs_two);

		print_message("%zu: %s\n", i, why ? why : "can be true");
		assert_int_equal(why == NULL, cases[i].is_true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(top_rows_come_several_abreast),
		cmocka_unit_test(sysstat_tables_end_with_the_next),
		cmocka_unit_test(sar_prints_later_than_sadc_samples),
		cmocka_unit_test(frames_are_held_against_the_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
