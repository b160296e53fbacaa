// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/qmp against a fake QEMU: a forked child that plays a script over a socket pair. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/wait.h"
#include "lab/qmp.h"

#define GREETING \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 2, \"minor\": 0, \"major\": 10}}, \"capabilities\": []}}\n"
#define OK "{\"return\": {}, \"id\": $}\n"

/* Lines it answers with, in order: one for each command; "$" stands for the command's id. */
struct script {
	const char *greeting;
	const char *const *answers;
};

static void say(int fd, const char *text, long long id)
{
	for (; *text; text++) {
		char number[24];

		if (*text != '$') {
			assert_int_equal(write(fd, text, 1), 1);
			continue;
		}
		snprintf(number, sizeof(number), "%lld", id);
		assert_int_equal(write(fd, number, strlen(number)), (ssize_t)strlen(number));
	}
}

static void play(int fd, const struct script *script)
{
	FILE *in = fdopen(dup(fd), "r");
	char line[4096];

	say(fd, script->greeting, 0);
	for (const char *const *a = script->answers; in && *a; a++) {
		json_t *command;

		if (!fgets(line, sizeof(line), in))
			break;
		command = json_loads(line, 0, NULL);
		say(fd, *a, json_integer_value(json_object_get(command, "id")));
		json_decref(command);
	}
}

static pid_t start(const struct script *script, int *ret_fd)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		play(fds[1], script);
		_exit(0);
	}
	close(fds[1]);
	*ret_fd = fds[0];
	return pid;
}

static int64_t soon(void)
{
	return wait_now_ns() + 5 * NS_PER_S;
}

static void commands_and_events(void **state)
{
	static const char *const answers[] = {
		OK,
		/* Events before the answer, garbage, an answer to somebody else. */
		"{\"event\": \"RESUME\"}\nno json {\n[1]\n{\"return\": 1, \"id\": 99}\n"
		"{\"return\": {\"status\": \"running\"}, \"id\": $}\n{\"event\": \"STOP\"}\n",
		"{\"error\": {\"class\": \"GenericError\", \"desc\": \"not today\"}, \"id\": $}\n",
		"{\"return\": \"CPU#0\\r\\n\", \"id\": $}\n",
		NULL,
	};
	const struct script script = { "\n" GREETING, answers };
	struct error err = {};
	json_t *value = NULL, *event;
	struct qmp *q = NULL;
	char *text = NULL;
	int fd, r;
	pid_t pid = start(&script, &fd);

	(void)state;
	assert_int_equal(qmp_open(fd, soon(), &q, &err), 0);
	assert_string_equal(qmp_version(q), "10.0.2");
	assert_int_equal(qmp_command(q, "query-status", NULL, soon(), &value, &err), 0);
	assert_string_equal(json_string_value(json_object_get(value, "status")), "running");
	json_decref(value);
	assert_int_equal(qmp_command(q, "quit", json_pack("{s:i}", "a", 1), soon(), NULL, &err),
			 -EREMOTEIO);
	assert_non_null(strstr(err.text, "not today"));
	assert_int_equal(qmp_hmp(q, "info registers", soon(), &text, &err), 0);
	assert_string_equal(text, "CPU#0\r\n");
	free(text);
	assert_int_equal(qmp_event(q, &event), 1);
	assert_string_equal(json_string_value(json_object_get(event, "event")), "RESUME");
	json_decref(event);
	assert_int_equal(qmp_event(q, &event), 1);
	json_decref(event);
	waitpid(pid, NULL, 0);
	while ((r = qmp_event(q, &event)) == 0)
		assert_int_equal(wait_readable(qmp_fd(q), soon()), 1);
	assert_int_equal(r, -EPIPE);
	assert_int_equal(qmp_command(q, "stop", NULL, soon(), NULL, &err), -EPIPE);
	qmp_free(q);
}

static void refuses(const struct script *script, int64_t patience, int want)
{
	struct error err = {};
	struct qmp *q = NULL;
	int fd;
	pid_t pid = start(script, &fd);

	assert_int_equal(qmp_open(fd, wait_now_ns() + patience, &q, &err), want);
	assert_null(q);
	assert_int_equal(err.code, -want);
	waitpid(pid, NULL, 0);
}

static void silence_and_death(void **state)
{
	static const char *const none[] = { NULL }, *const mute[] = { "", OK, NULL };

	(void)state;
	refuses(&(struct script){ "", none }, 5 * NS_PER_S, -EPIPE);
	refuses(&(struct script){ "half a line", none }, 5 * NS_PER_S, -EPIPE);
	/* Greets, and does not answer to the first command. */
	refuses(&(struct script){ GREETING, mute }, 100 * NS_PER_MS, -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_events),
		cmocka_unit_test(silence_and_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
