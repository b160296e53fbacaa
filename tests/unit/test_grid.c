// SPDX-License-Identifier: GPL-2.0-or-later
/* report/grid: the page of a matrix whose cells are recorded runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "report/grid/grid.h"

static char *page_of(json_t *cells)
{
	json_t *doc = json_pack("{s:i, s:s, s:i, s:[s], s:o}", "format", 1, "matrix", "<m>", "exit",
				1, "words", "--smoke", "cells", cells);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(doc);
	assert_non_null(f);
	assert_int_equal(grid_write(doc, RUNS, f), 0);
	fclose(f);
	json_decref(doc);
	return text;
}

static json_t *cell(const char *id, const char *append, const char *state, int exit_code)
{
	json_t *c = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:i}", "cell", id,
			      "machine", "amd64-4", "kernel", "6.1", "append", append, "state",
			      state, "why", "<b>why</b>", "began", (json_int_t)1795400000000, "ms",
			      (json_int_t)90000, "tries", 2);

	assert_non_null(c);
	json_object_set_new(c, "exit", exit_code < 0 ? json_null() : json_integer(exit_code));
	return c;
}

static void has(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("the page has no \"%s\"", text);
}

static void tells_what_differs(void **state)
{
	_cleanup_free_ char *page = page_of(json_pack(
		"[o, o, o, o]", cell("healthy", "quiet", "passed", 0),
		cell("failed-claim", "quiet nosmt", "failed", 1),
		cell("disruption", "nosmt", "failed", 1), cell("none-yet", "", "waiting", -1)));

	(void)state;
	has(page, "<title>hotproof: &lt;m&gt;</title>");
	has(page, "1 of 4 cells passed, 2 failed, 1 wait");
	has(page, "Broken somewhere");
	has(page, "href=\"failed-claim/results.json#r-");
	has(page, "&lt;b&gt;why&lt;/b&gt;");
	has(page, "1 min 30 s");
	has(page, "What a transition cost");
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "http://"));
	assert_null(strstr(page, "https://"));
}

/* Two cells broke it, and of all that is known of them one thing is theirs alone. */
static void names_the_cause(void **state)
{
	_cleanup_free_ char *page =
		page_of(json_pack("[o, o, o]", cell("guest-healthy", "quiet", "passed", 0),
				  cell("failed-claim", "quiet nosmt=<x>", "failed", 1),
				  cell("failed-alone-fails", "nosmt=<x>", "failed", 1)));

	(void)state;
	has(page, "only where the options have nosmt=&lt;x&gt; (2 cells)");
}

static void survives_nothing(void **state)
{
	_cleanup_free_ char *empty = page_of(json_array());
	_cleanup_free_ char *absent =
		page_of(json_pack("[o, {}]", cell("no-such-run", "", "no verdict", 99)));

	(void)state;
	has(empty, "0 of 0 cells passed");
	has(absent, "1 gave no verdict");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_differs),
		cmocka_unit_test(names_the_cause),
		cmocka_unit_test(survives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
