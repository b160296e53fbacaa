// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `hotproof relay`: what the lab starts on a box over ssh. It stands between the run, which has one
 * descriptor for its lab, and ssh's two pipes; and it watches that the lab is alive. When the lab
 * falls silent, it ends the run, which puts the box back in order: a connection that is lost must
 * not leave CPUs off. It is no word for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/cmds.h"

/* The lab says that it is alive every three seconds. */
#define SILENCE_NS (15 * NS_PER_S)
#define POLL_MS 1000
/* The run puts the box back meanwhile; after this its guardian does. */
#define END_NS (90 * NS_PER_S)
#define LAST_WORD_NS (10 * NS_PER_S)
#define WORDS_MAX 256
#define ALIVE "alive"

struct relay {
	int run_fd; /* -1: closed */
	pid_t run;
	int64_t heard_ns;
	char line[256];
	size_t len;
	bool has_last_ack;
};

/* Answers go to the run; "alive" is for us. */
static void take_line(struct relay *x)
{
	x->line[x->len] = '\0';
	x->heard_ns = wait_now_ns();
	if (strcmp(x->line, "ack 0\n") == 0)
		x->has_last_ack = true;
	else if (strcmp(x->line, ALIVE "\n") != 0 && x->run_fd >= 0 &&
		 file_write_all(x->run_fd, x->line, x->len) < 0)
		x->heard_ns = 0;
	x->len = 0;
}

/* False: the lab is gone. */
static bool hear(struct relay *x)
{
	char block[512];
	ssize_t n = read(STDIN_FILENO, block, sizeof(block));

	if (n < 0 && errno == EINTR)
		return true;
	for (ssize_t i = 0; i < n; i++) {
		x->line[x->len++] = block[i];
		if (block[i] == '\n' || x->len == sizeof(x->line) - 1)
			take_line(x);
	}
	return n > 0;
}

/* A lab that reads no more is found out by its silence: never wait here for longer. */
static bool pass_out(struct relay *x, const char *data, size_t len)
{
	while (len > 0) {
		struct pollfd p[] = { { .fd = STDOUT_FILENO, .events = POLLOUT },
				      { .fd = STDIN_FILENO, .events = POLLIN } };
		ssize_t n;

		if (poll(p, 2, POLL_MS) < 0 && errno != EINTR)
			return false;
		if ((p[1].revents && !hear(x)) || wait_now_ns() - x->heard_ns > SILENCE_NS)
			return false;
		if (!(p[0].revents & (POLLOUT | POLLERR | POLLHUP)))
			continue;
		n = write(STDOUT_FILENO, data, len);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* 1: go on, 0: the run has closed its end, -1: the lab is gone. */
static int turn(struct relay *x)
{
	struct pollfd p[] = { { .fd = x->run_fd, .events = POLLIN },
			      { .fd = STDIN_FILENO, .events = POLLIN } };
	char block[16384];
	ssize_t n;

	if (poll(p, 2, POLL_MS) < 0 && errno != EINTR)
		return -1;
	if ((p[1].revents && !hear(x)) || wait_now_ns() - x->heard_ns > SILENCE_NS)
		return -1;
	if (!p[0].revents)
		return 1;
	n = read(x->run_fd, block, sizeof(block));
	if (n < 0 && errno != EINTR)
		return 0;
	if (n == 0)
		return 0;
	return n < 0 || pass_out(x, block, (size_t)n) ? 1 : -1;
}

static bool has_ended(void *arg)
{
	struct relay *x = arg;
	siginfo_t info = {};

	return waitid(P_PID, (id_t)x->run, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid == x->run;
}

/* The exit line, as a guest's first process says it. */
static void say_exit(struct relay *x, int status)
{
	int64_t deadline = wait_now_ns() + LAST_WORD_NS;
	_cleanup_free_ char *line =
		text_printf("guest! {\"seq\":0,\"type\":\"exit\",\"%s\":%d}\n",
			    WIFSIGNALED(status) ? "signal" : "status",
			    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));

	if (!line || !pass_out(x, line, strlen(line)))
		return;
	while (!x->has_last_ack && wait_now_ns() < deadline)
		if (wait_readable(STDIN_FILENO, deadline) != 1 || !hear(x))
			return;
}

static int play(struct relay *x)
{
	int r = 1, status = 0;

	while (r == 1)
		r = turn(x);
	close(x->run_fd);
	x->run_fd = -1;
	/* It takes it as the user's wish: the box is put back, and then it ends. */
	if (r < 0)
		kill(x->run, SIGTERM);
	if (wait_until(has_ended, x, wait_now_ns() + wait_scaled(END_NS)) != 1)
		kill(x->run, SIGKILL);
	if (waitpid(x->run, &status, 0) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	if (r == 0)
		say_exit(x, status);
	return r < 0 || !WIFEXITED(status) ? VERDICT_EXIT_NOT_JUDGED : WEXITSTATUS(status);
}

/* The program needs its file no more: nothing is left behind, whatever happens. */
static void remove_self(const char *folder)
{
	_cleanup_free_ char *path = text_printf("%s/hotproof", folder);

	if (path && unlink(path) == 0 && rmdir(folder) < 0)
		errno = 0;
}

/* relay FOLDER WORD...: the words of `hotproof run`. */
static int run(int argc, char **argv)
{
	struct relay x = { .heard_ns = wait_now_ns() };
	char *words[WORDS_MAX], port[32];
	int fds[2], n = 0;

	if (argc < 2 || argc > WORDS_MAX - 2)
		return cmd_usage_error(&cmd_relay, "a folder, and the words of the run");
	remove_self(argv[1]);
	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ||
	    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK) < 0)
		return cmd_fail(&cmd_relay, VERDICT_EXIT_NOT_JUDGED, "%s", strerror(errno));
	snprintf(port, sizeof(port), "--port-fd=%d", fds[1]);
	words[n++] = (char *)"run";
	for (int i = 2; i < argc; i++)
		words[n++] = argv[i];
	words[n++] = port;
	words[n] = NULL;
	x.run = fork();
	if (x.run < 0)
		return cmd_fail(&cmd_relay, VERDICT_EXIT_NOT_JUDGED, "%s", strerror(errno));
	if (x.run == 0) {
		close(fds[0]);
		if (dup2(open("/dev/null", O_RDWR | O_CLOEXEC), STDIN_FILENO) < 0 ||
		    dup2(STDIN_FILENO, STDOUT_FILENO) < 0)
			_exit(VERDICT_EXIT_NOT_JUDGED);
		_exit(cmd_run.run(n, words));
	}
	close(fds[1]);
	x.run_fd = fds[0];
	return play(&x);
}

const struct cmd cmd_relay = {
	.name = "relay",
	.summary = "A run whose lab is at the other end of standard input and output",
	.usage = "FOLDER WORD...",
	.is_hidden = true,
	.is_passed_on = true,
	.run = run,
};
