// SPDX-License-Identifier: GPL-2.0-or-later
/* Starting, awaiting and ending child programs. Not for the fork of the run's own child: run/ does
 * that. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/wait.h"

static void child_exec(const char *const argv[], const int fds[3], int report_fd)
{
	sigset_t none;
	int e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++) {
		int fd = fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR);

		/* A source below 3 that is not its own target would be overwritten by an earlier
		 * dup2. */
		if (fd < 3 && fd != i)
			fd = fcntl(fd, F_DUPFD, 3);
		if (fd != i)
			dup2(fd, i);
		else
			fcntl(fd, F_SETFD, 0);
	}
	execvp(argv[0], (char *const *)argv);
	e = errno;
	if (write(report_fd, &e, sizeof(e)) < 0)
		_exit(126);
	_exit(127);
}

int process_start(const char *const argv[], int stdin_fd, int stdout_fd, int stderr_fd,
		  struct process *ret, struct error *err)
{
	int fds[3] = { stdin_fd, stdout_fd, stderr_fd }, pipe_fds[2], pidfd, e = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, errno, "cannot start \"%s\": no pipe: %s", argv[0],
				 strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(pipe_fds[0]);
		child_exec(argv, fds, pipe_fds[1]);
	}
	close(pipe_fds[1]);
	if (pid < 0) {
		close(pipe_fds[0]);
		return error_set(err, errno, "cannot start \"%s\": fork: %s", argv[0],
				 strerror(errno));
	}
	do {
		n = read(pipe_fds[0], &e, sizeof(e));
	} while (n < 0 && errno == EINTR);
	close(pipe_fds[0]);
	if (n == sizeof(e)) {
		waitpid(pid, NULL, 0);
		return error_set(err, e, "cannot start \"%s\": %s; is it installed and in PATH?",
				 argv[0], strerror(e));
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		e = errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return error_set(err, e, "cannot watch \"%s\": pidfd_open: %s", argv[0],
				 strerror(e));
	}
	*ret = (struct process){ .pid = pid, .pidfd = pidfd };
	return 0;
}

int process_wait(struct process *p, int64_t deadline_ns, int *ret_status)
{
	int status, r;

	if (p->pid <= 0)
		return -ECHILD;
	r = wait_readable(p->pidfd, deadline_ns);
	if (r <= 0)
		return r;
	if (waitpid(p->pid, &status, 0) < 0)
		return -errno;
	close(p->pidfd);
	*p = PROCESS_NONE;
	if (ret_status)
		*ret_status = status;
	return 1;
}

void process_end(struct process *p, int64_t grace_ns)
{
	if (p->pid <= 0)
		return;
	if (grace_ns > 0) {
		kill(p->pid, SIGTERM);
		if (process_wait(p, wait_now_ns() + grace_ns, NULL) == 1)
			return;
	}
	kill(p->pid, SIGKILL);
	/* A child in an uninterruptible sleep does not die: do not wait for it for ever. */
	if (process_wait(p, wait_now_ns() + 5 * NS_PER_S, NULL) != 1) {
		close(p->pidfd);
		*p = PROCESS_NONE;
	}
}

void process_cleanup(struct process *p)
{
	process_end(p, 200 * NS_PER_MS);
}

static int read_until(int fd, int64_t deadline_ns, char **ret_out)
{
	_cleanup_free_ char *buf = NULL;
	size_t len = 0;

	for (;;) {
		char *bigger = realloc(buf, len + 4097);
		ssize_t n;
		int r;

		if (!bigger)
			return -ENOMEM;
		buf = bigger;
		r = wait_readable(fd, deadline_ns);
		if (r < 0)
			return r;
		if (r == 0)
			return -ETIMEDOUT;
		n = read(fd, buf + len, 4096);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += n;
	}
	buf[len] = '\0';
	*ret_out = take_ptr(buf);
	return 0;
}

int process_capture(const char *const argv[], int64_t deadline_ns, char **ret_out, int *ret_status,
		    struct error *err)
{
	_cleanup_process_ struct process p = PROCESS_NONE;
	_cleanup_close_ int out = -1;
	_cleanup_free_ char *text = NULL;
	int pipe_fds[2], r;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, errno, "cannot run \"%s\": no pipe: %s", argv[0],
				 strerror(errno));
	out = pipe_fds[0];
	r = process_start(argv, -1, pipe_fds[1], -1, &p, err);
	close(pipe_fds[1]);
	if (r < 0)
		return r;
	r = read_until(out, deadline_ns, &text);
	if (r == 0) {
		r = process_wait(&p, deadline_ns, ret_status);
		r = r == 0 ? -ETIMEDOUT : r;
	}
	if (r < 0)
		return error_set(err, -r, "\"%s\" did not finish: %s", argv[0], strerror(-r));
	*ret_out = take_ptr(text);
	return 0;
}
