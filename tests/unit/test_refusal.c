// SPDX-License-Identifier: GPL-2.0-or-later
/* Which refusals of the kernel have a legal cause that can be shown, on small directories that look
 * like a box. One without a cause must stay without an excuse. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "box/cpu.h"

#define CPU "sys/devices/system/cpu/"

static char root[] = "/tmp/hotproof-refusal-XXXXXX";

static void put(const char *path, const char *text)
{
	_cleanup_free_ char *full = text_printf("%s/%s", root, path), *dir = strdup(full);

	*strrchr(dir, '/') = '\0';
	assert_int_equal(file_mkdirs(dir, 0755), 0);
	assert_int_equal(file_replace(AT_FDCWD, full, text, strlen(text)), 0);
}

static int begin(void **state)
{
	strcpy(root + strlen(root) - 6, "XXXXXX");
	assert_non_null(mkdtemp(root));
	put(CPU "online", "0-3\n");
	put(CPU "isolated", "\n");
	put(CPU "nohz_full", "(null)\n");
	put(CPU "smt/control", "on\n");
	put("proc/1/task/1/stat",
	    "1 (a) b) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0\n");
	return 0;
}

static int end(void **state)
{
	_cleanup_free_ char *rm = text_printf("rm -r '%s'", root);

	return system(rm);
}

/* The proof must hold `shown`; NULL: there is none. */
static void check(int err, const char *kmsg, const char *shown)
{
	_cleanup_(cleanup_box) struct box *box = NULL;
	_cleanup_free_ char *proof = NULL;

	assert_int_equal(box_open(root, &box, NULL), 0);
	assert_int_equal(cpu_explain_refusal(box, 1, err, kmsg, &proof), shown ? 1 : 0);
	if (shown && !strstr(proof, shown))
		fail_msg("\"%s\" is not in \"%s\"", shown, proof);
}

static void without_a_cause_there_is_no_excuse(void **state)
{
	static const int errs[] = { EBUSY, EPERM, ENOSPC, EINVAL, EIO, ENOMEM, EAGAIN, EINTR };

	for (size_t i = 0; i < ARRAY_SIZE(errs); i++) {
		check(errs[i], NULL, NULL);
		check(errs[i], "smpboot: CPU 1 is now offline\n", NULL);
	}
}

static void the_last_cpu_may_stay(void **state)
{
	put(CPU "online", "1\n");
	check(EBUSY, NULL, "the last online CPU");
	check(EIO, NULL, NULL);
}

static void the_last_housekeeper_may_stay(void **state)
{
	put(CPU "isolated", "2-3\n");
	check(EBUSY, NULL, NULL);
	put(CPU "isolated", "0,2-3\n");
	check(EBUSY, NULL, "the last online CPU that is not isolated");
}

/* Of the isolated ones that are online, that is; it is no cause by itself. */
static void one_may_be_the_only_isolated_cpu(void **state)
{
	static const struct {
		const char *online, *isolated;
		bool is_alone;
	} cases[] = {
		{ "0-3\n", "1\n", true },    { "0-1,3\n", "1-2\n", true },
		{ "0-3\n", "1-2\n", false }, { "0-3\n", "2\n", false },
		{ "0-3\n", "\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(cleanup_box) struct box *box = NULL;

		put(CPU "online", cases[i].online);
		put(CPU "isolated", cases[i].isolated);
		assert_int_equal(box_open(root, &box, NULL), 0);
		assert_int_equal(cpu_is_only_isolated(box, 1), cases[i].is_alone);
		check(EBUSY, NULL, NULL);
	}
}

static void the_timekeeper_may_stay(void **state)
{
	put(CPU "nohz_full", "2-3\n");
	check(EBUSY, NULL, "nohz_full");
	put(CPU "nohz_full", "1-3\n");
	check(EBUSY, NULL, NULL);
}

static void deadline_tasks_may_need_it(void **state)
{
	put("proc/77/task/78/stat",
	    "78 (x) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 6 0 0\n");
	check(EBUSY, NULL, "SCHED_DEADLINE (one is 78)");
}

static void the_log_may_say_why(void **state)
{
	check(ENOSPC, "CPU 1 has 40 vectors, 12 available. Cannot disable CPU\n", "40 vectors");
	check(ENOSPC, "CPU 2 has 40 vectors, 12 available. Cannot disable CPU\n", NULL);
	check(EBUSY, "a line\nPM: suspend entry (deep)\n", "PM: suspend entry (deep)");
	check(EBUSY, "virtio-pci 0000:00:05.0: enabling device (0000 -> 0003)\n",
	      "enabling device");
}

static void siblings_stay_off_without_smt(void **state)
{
	put(CPU "smt/control", "forceoff\n");
	check(EPERM, NULL, "forceoff");
	put(CPU "smt/control", "notsupported\n");
	check(EPERM, NULL, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_cause_there_is_no_excuse), TEST(the_last_cpu_may_stay),
		TEST(the_last_housekeeper_may_stay),      TEST(the_timekeeper_may_stay),
		TEST(deadline_tasks_may_need_it),         TEST(the_log_may_say_why),
		TEST(siblings_stay_off_without_smt),      TEST(one_may_be_the_only_isolated_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
