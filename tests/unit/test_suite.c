// SPDX-License-Identifier: GPL-2.0-or-later
/* scenarios/suite and lab/suite: other suites that pass, fail, hang, die or say nothing. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/wait.h"
#include "lab/suite.h"
#include "scenarios/suite/suite.h"
#include "support/scripted.h"

static json_t *play(const char *format, const char *command, int64_t time_ns)
{
	static const struct witness *const none[] = { NULL };
	struct suite_setup setup = {
		.name = "x", .format = format, .command = command, .time_ns = time_ns
	};
	json_t *played = scripted_play("good", suite_scenario(&setup), none);

	assert_non_null(played);
	return played;
}

static void completes(const char *format, const char *command, int64_t time_ns, const char *result)
{
	json_t *played = play(format, command, time_ns);

	if (scripted_count(played, "suite.completes", result) != 1)
		fail_msg("\"%s\" (%s) is not %s", command, format, result);
	assert_int_equal(scripted_count(played, "suite.leaves-cpus", "met"), 1);
	json_decref(played);
}

static void each_test_is_a_claim(void **state)
{
	json_t *played = play("ktap",
			      "printf '1..4\\nok 1 - a b\\nnot ok 2 - c\\nok 3 d # SKIP\\n"
			      "not ok 4 e # TODO later\\n'; exit 1",
			      0);

	(void)state;
	assert_int_equal(scripted_count(played, "a b", "met"), 1);
	assert_int_equal(scripted_count(played, "c", "unmet"), 1);
	assert_int_equal(scripted_count(played, "d", "unexercised"), 1);
	assert_int_equal(scripted_count(played, "e", "limit"), 1);
	/* It says itself what failed: its exit code tells nothing new. */
	assert_int_equal(scripted_count(played, "suite.completes", "met"), 1);
	json_decref(played);
}

static void an_end_that_is_none_is_seen(void **state)
{
	(void)state;
	completes("exit", "true", 0, "met");
	completes("exit", "exit 4", 0, "unmet");
	completes("ktap", "exit 4", 0, "unexercised");
	completes("ktap", "exit 32", 0, "error");
	completes("ltp", "exit 32", 0, "unexercised");
	completes("ltp", "exit 4", 0, "error");
	completes("stress-ng", "exit 3", 0, "unexercised");
	completes("stress-ng", "exit 2", 0, "error");
	completes("exit", "exit 3", 0, "unmet");
	completes("exit", "kill -9 $$", 0, "unmet");
	completes("exit", "exec tail -f /dev/null", 300 * NS_PER_MS, "unmet");
	completes("ktap", "printf '1..1\\nok 1 a\\n'; exit 1", 0, "unmet");
	completes("ktap", "echo nothing", 0, "error");
	completes("ktap", "printf '1..2\\nok 1 a\\n'", 0, "error");
	completes("stress-ng", "echo 'stress-ng: metrc: [1] cpu-online 12 20.1'", 0, "met");
}

struct culprit {
	struct box *box;
	const char *fifo;
};

/* A suite's write, once the suite runs: its command waits until this end is closed. */
static void *take_cpu_off(void *arg)
{
	const struct culprit *c = arg;
	int fd = open(c->fifo, O_WRONLY | O_CLOEXEC);

	(void)!box_write(c->box, "sys/devices/system/cpu/cpu3/online", "0");
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void a_cpu_that_is_left_off_is_seen(void **state)
{
	static const struct witness *const none[] = { NULL };
	char folder[] = "/tmp/hotproof-suite-XXXXXX";
	_cleanup_free_ char *fifo = NULL, *command = NULL;
	struct culprit culprit = {};
	struct error err = {};
	pthread_t thread;
	json_t *played;

	(void)state;
	assert_non_null(mkdtemp(folder));
	fifo = text_printf("%s/go", folder);
	command = text_printf("cat %s", fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(scripted_open("good", &culprit.box, &err), 0);
	culprit.fifo = fifo;
	assert_int_equal(pthread_create(&thread, NULL, take_cpu_off, &culprit), 0);
	played = scripted_play_on(culprit.box,
				  suite_scenario(&(struct suite_setup){
					  .name = "x", .format = "exit", .command = command }),
				  none);
	assert_non_null(played);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(scripted_count(played, "suite.leaves-cpus", "unmet"), 1);
	assert_int_equal(scripted_count(played, "suite.completes", "met"), 1);
	json_decref(played);
	box_free(culprit.box);
	unlink(fifo);
	rmdir(folder);
}

static void what_it_leaves_running_is_ended(void **state)
{
	char path[] = "/tmp/hotproof-suite-XXXXXX";
	int fd = mkstemp(path), pid = 0;
	_cleanup_free_ char *command =
		text_printf("tail -f /dev/null >/dev/null 2>&1 & echo $! >%s", path);
	FILE *file;

	(void)state;
	assert_true(fd >= 0);
	completes("exit", command, 0, "met");
	file = fdopen(fd, "r");
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	assert_true(pid > 0 && kill(pid, 0) < 0 && errno == ESRCH);
	fclose(file);
	unlink(path);
}

static void specs_are_read(void **state)
{
	struct suite_choice *c = NULL;
	struct error err = {};

	(void)state;
	assert_int_equal(suite_choose("nosuch", NULL, arch_find("amd64"), &c, &err), -EINVAL);
	assert_int_equal(suite_choose("ktap", NULL, arch_find("amd64"), &c, &err), -EINVAL);
	assert_int_equal(suite_choose("ktap2:x", NULL, arch_find("amd64"), &c, &err), -EINVAL);
	assert_int_equal(suite_choose("kselftest:x", NULL, arch_find("amd64"), &c, &err), -EINVAL);
	assert_int_equal(suite_choose("ltp-cpuhotplug", NULL, arch_find("amd64"), &c, &err),
			 -EINVAL);
	/* A folder that is no LTP is told before a guest is started. */
	assert_int_equal(suite_choose("ltp-cpuhotplug", "/", arch_find("amd64"), &c, &err),
			 -ENOENT);
	assert_int_equal(suite_choose("ktap:x", "/no/such", arch_find("amd64"), &c, &err), -ENOENT);
	assert_null(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_test_is_a_claim),
		cmocka_unit_test(an_end_that_is_none_is_seen),
		cmocka_unit_test(a_cpu_that_is_left_off_is_seen),
		cmocka_unit_test(what_it_leaves_running_is_ended),
		cmocka_unit_test(specs_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
