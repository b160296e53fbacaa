// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines on a port: when they go out, and in which order. The lab's end is
 * tests/unit/test_channel.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "evidence/rundir.h"

struct fixture {
	struct rundir *rd;
	int lab;
	char text[32768];
};

static int setup(void **state)
{
	static struct fixture f;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	f.lab = pair[1];
	*state = &f;
	return rundir_on_port(pair[0], &f.rd);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rundir_free(f->rd);
	close(f->lab);
	return 0;
}

/* What came since the last time. */
static const char *came(struct fixture *f)
{
	ssize_t n = read(f->lab, f->text, sizeof(f->text) - 1);

	f->text[n > 0 ? n : 0] = '\0';
	return f->text;
}

static void lines_go_out_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rundir_append(f->rd, RUNDIR_JOURNAL, "one"), 0);
	assert_string_equal(came(f), RUNDIR_JOURNAL " one\n");
}

static void held_lines_wait_for_the_release(void **state)
{
	struct fixture *f = *state;

	rundir_hold(f->rd);
	assert_int_equal(rundir_append(f->rd, RUNDIR_JOURNAL, "one"), 0);
	assert_int_equal(rundir_append(f->rd, RUNDIR_JOURNAL, "two"), 0);
	assert_string_equal(came(f), "");
	assert_int_equal(rundir_release(f->rd), 0);
	assert_string_equal(came(f), RUNDIR_JOURNAL " one\n" RUNDIR_JOURNAL " two\n");
	assert_int_equal(rundir_append(f->rd, RUNDIR_JOURNAL, "three"), 0);
	assert_string_equal(came(f), RUNDIR_JOURNAL " three\n");
}

static void a_safe_line_takes_those_that_wait_with_it(void **state)
{
	struct fixture *f = *state;

	rundir_hold(f->rd);
	assert_int_equal(rundir_append(f->rd, RUNDIR_JOURNAL, "one"), 0);
	assert_int_equal(write(f->lab, "ack 7\n", 6), 6);
	assert_int_equal(rundir_append_sync(f->rd, "two", 7), 0);
	assert_string_equal(came(f), RUNDIR_JOURNAL " one\n" RUNDIR_JOURNAL "! two\n");
	assert_int_equal(rundir_release(f->rd), 0);
	assert_string_equal(came(f), "");
}

static void what_has_no_room_to_wait_keeps_its_place(void **state)
{
	struct fixture *f = *state;
	char line[6000];
	const char *text;

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	rundir_hold(f->rd);
	assert_int_equal(rundir_append(f->rd, RUNDIR_JOURNAL, line), 0);
	assert_string_equal(came(f), "");
	line[0] = 'y';
	assert_int_equal(rundir_append(f->rd, RUNDIR_JOURNAL, line), 0);
	text = came(f);
	assert_non_null(strchr(text, 'y'));
	assert_true(strchr(text, 'x') < strchr(text, 'y'));
	assert_int_equal(strlen(text), 2 * (strlen(RUNDIR_JOURNAL) + 1 + strlen(line) + 1));
	assert_int_equal(rundir_release(f->rd), 0);
}

static void a_lost_port_is_told_at_the_release(void **state)
{
	_cleanup_(cleanup_rundir) struct rundir *rd = NULL;

	assert_int_equal(rundir_on_port(open("/dev/full", O_RDWR | O_CLOEXEC), &rd), 0);
	rundir_hold(rd);
	assert_int_equal(rundir_append(rd, RUNDIR_JOURNAL, "one"), 0);
	assert_int_equal(rundir_release(rd), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_go_out_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(held_lines_wait_for_the_release, setup, teardown),
		cmocka_unit_test_setup_teardown(a_safe_line_takes_those_that_wait_with_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_has_no_room_to_wait_keeps_its_place, setup,
						teardown),
		cmocka_unit_test(a_lost_port_is_told_at_the_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
