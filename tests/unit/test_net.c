// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows of softnet_stat; no box and no traffic is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "witnesses/net/softnet.h"

static void rows_are_told_apart(void **state)
{
	char text[] = "00000010 00000001 0 0 0 0 0 0 0 00000005 0 0 00000000\n"
		      "00000020 00000002 0 0 0 0 0 0 0 0000000a 0 0 00000003 0 0\n";
	char old[] = "00000010 00000001 0 0 0 0 0 0 0\n", bad[] = "0000 x\n", empty[] = "";
	struct softnet s;
	char copy[256];

	strcpy(copy, text);
	assert_int_equal(softnet_parse(copy, 3, &s), 0);
	assert_int_equal(s.dropped, 3);
	assert_true(s.has_steered);
	assert_int_equal(s.steered, 10);
	strcpy(copy, text);
	assert_int_equal(softnet_parse(copy, 1, &s), 0);
	assert_false(s.has_steered);
	assert_int_equal(softnet_parse(old, 0, &s), 0);
	assert_false(s.has_steered);
	assert_true(softnet_parse(bad, 0, &s) < 0);
	assert_true(softnet_parse(empty, 0, &s) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
