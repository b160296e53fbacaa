// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of kinds, and what several of them need. No kind is here. */
#include "scenarios/race/kinds/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/wait.h"

const struct race_kind *const race_kinds[] = {
	&race_toggle, &race_kill, &race_affinity, &race_fork, &race_cpuset, &race_irq, NULL,
};

int kinds_write(const char *text, const char *path_fmt, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list ap;

	va_start(ap, path_fmt);
	if (vasprintf(&path, path_fmt, ap) < 0)
		path = NULL;
	va_end(ap);
	return path ? file_write(AT_FDCWD, path, text) : -ENOMEM;
}

int kinds_start_task(pid_t *ret)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "hp-task");
		while (getppid() == parent) {
			int64_t until = wait_thread_cpu_ns() + 200 * NS_PER_US;

			while (wait_thread_cpu_ns() < until)
				;
			wait_pause(2 * NS_PER_MS);
		}
		_exit(0);
	}
	*ret = pid;
	return 0;
}

bool kinds_end_task(pid_t pid)
{
	int status;

	if (kill(pid, SIGKILL) < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}
