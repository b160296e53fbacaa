// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of the loopback witness that need no box of their own: rows of softnet_stat, and the
 * traffic itself on the CPUs that there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/wait.h"
#include "witnesses/net/softnet.h"
#include "witnesses/net/stream.h"

static void rows_are_told_apart(void **state)
{
	char text[] = "00000010 00000001 0 0 0 0 0 0 0 00000005 0 0 00000000\n"
		      "00000020 00000002 0 0 0 0 0 0 0 0000000a 0 7 00000003 0 0\n";
	char old[] = "00000010 00000001 0 0 0 0 0 0 0\n", bad[] = "0000 x\n", empty[] = "";
	struct softnet s;
	char copy[256];

	strcpy(copy, text);
	assert_int_equal(softnet_parse(copy, 3, &s), 0);
	assert_int_equal(s.dropped, 3);
	assert_true(s.has_steered);
	assert_int_equal(s.steered, 10);
	assert_int_equal(s.queued, 7);
	strcpy(copy, text);
	assert_int_equal(softnet_parse(copy, 1, &s), 0);
	assert_false(s.has_steered);
	assert_int_equal(softnet_parse(old, 0, &s), 0);
	assert_false(s.has_steered);
	assert_true(softnet_parse(bad, 0, &s) < 0);
	assert_true(softnet_parse(empty, 0, &s) < 0);
}

static bool has_flowed(void *arg)
{
	struct stream_count c = stream_count(arg);

	return c.answered > 20 && c.read > 1000;
}

static void all_arrives(void **state)
{
	struct stream *t;
	struct stream_count c;
	cpu_set_t set;
	struct cpulist here;

	sched_getaffinity(0, sizeof(set), &set);
	here = cpulist_from_cpu_set(&set);
	assert_int_equal(stream_new(&t), 0);
	assert_int_equal(stream_start(t, cpulist_next(&here, 0), &here, worker_deadline(NS_PER_S)),
			 0);
	assert_int_equal(wait_until(has_flowed, t, worker_deadline(10 * NS_PER_S)), 1);
	stream_stop(t);
	assert_int_equal(stream_forgive(t), 0);
	c = stream_count(t);
	assert_int_equal(c.answered, c.sent);
	assert_int_equal(c.read, c.written);
	assert_int_equal(c.spoilt, 0);
	assert_int_equal(c.error, 0);
	assert_true(c.on_cpu > 0);
	assert_int_equal(stream_free(t), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_told_apart),
		cmocka_unit_test(all_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
