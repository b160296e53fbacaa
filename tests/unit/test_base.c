// SPDX-License-Identifier: GPL-2.0-or-later
/* base/: CPU lists, strings, errors, processes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/cpulist.h"
#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"

static void cpulist_round_trips(void **state)
{
	static const char *const good[] = { "", "0", "0-3", "0,2", "0-2,5,7-9", "1023" };
	struct cpulist l;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(cpulist_parse(good[i], &l), 0);
		assert_string_equal(cpulist_str(&l), good[i]);
	}
	assert_int_equal(cpulist_parse("3-1", &l), -EINVAL);
	assert_int_equal(cpulist_parse("0,x", &l), -EINVAL);
	assert_int_equal(cpulist_parse("1024", &l), -ERANGE);
	assert_int_equal(cpulist_parse_mask("f\n", &l), 0);
	assert_string_equal(cpulist_str(&l), "0-3");
	assert_int_equal(cpulist_parse_mask("1,00000002", &l), 0);
	assert_string_equal(cpulist_str(&l), "1,32");
}

static void text_walks_lines(void **state)
{
	char buf[] = "a b\n\nlast";
	char *cursor = buf, *line = text_next_line(&cursor);

	assert_string_equal(text_next_word(&line), "a");
	assert_string_equal(text_next_line(&cursor), "");
	assert_string_equal(text_next_line(&cursor), "last");
	assert_null(text_next_line(&cursor));
}

static void words_reach_a_shell_whole(void **state)
{
	const char *const words[] = { "a b", "it's", "$HOME", "", NULL };
	_cleanup_free_ char *text = text_quoted_words(words);

	(void)state;
	assert_string_equal(text, "'a b' 'it'\\''s' '$HOME' ''");
}

static void errors_have_names(void **state)
{
	struct error err = {};

	assert_int_equal(error_set(&err, ENOENT, "no \"%s\"", "x"), -ENOENT);
	assert_int_equal(error_prefix(&err, "image"), -ENOENT);
	assert_string_equal(err.text, "image: no \"x\"");
	assert_string_equal(error_name(-EBUSY), "EBUSY");
	assert_int_equal(error_number("EBUSY"), EBUSY);
}

static void processes_end(void **state)
{
	_cleanup_process_ struct process p = PROCESS_NONE;
	_cleanup_free_ char *out = NULL;
	struct error err = {};
	int status = 0;

	assert_int_equal(process_capture((const char *const[]){ "echo", "hi", NULL },
					 wait_now_ns() + 10 * NS_PER_S, &out, &status, &err),
			 0);
	assert_string_equal(out, "hi\n");
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(process_start((const char *const[]){ "/nowhere/x", NULL }, -1, -1, -1, &p,
				       &err),
			 -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpulist_round_trips),
		cmocka_unit_test(text_walks_lines),
		cmocka_unit_test(words_reach_a_shell_whole),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(processes_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
