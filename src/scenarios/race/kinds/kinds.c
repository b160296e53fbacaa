// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of kinds, and what several of them need. No kind is here. */
#include "scenarios/race/kinds/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "box/cgroup.h"

const struct race_kind *const race_kinds[] = {
	&race_toggle,    &race_kill,    &race_affinity, &race_fork, &race_irq,   &race_cpuset,
	&race_throttled, &race_freezer, &race_deadline, &race_perf, &race_uring, &race_netns,
	&race_mount,     &race_read,    &race_tracing,  &race_fail, &race_smt,   &race_module,
	&race_loop,      &race_zram,    &race_suspend,  NULL,
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

	/* 0: it was never started, and would mean all of ourselves. */
	if (pid <= 0 || kill(pid, SIGKILL) < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int kinds_begin_tasks(struct race_actor *a)
{
	struct kinds_tasks *t = calloc(1, sizeof(*t));
	int r = t ? 0 : -ENOMEM;

	a->state = t;
	for (int i = 0; i < KINDS_TASKS && r == 0; i++)
		r = kinds_start_task(&t->pids[i]);
	return r;
}

void kinds_end_tasks(struct race_actor *a)
{
	const struct kinds_tasks *t = a->state;

	for (int i = 0; i < KINDS_TASKS; i++)
		if (!kinds_end_task(t->pids[i]))
			race_wrong(a, "task %d of %d had gone before it was ended", i + 1,
				   KINDS_TASKS);
}

bool kinds_no_group_left(struct box *box, bool is_after, char **ret_why)
{
	_cleanup_names_ char **names = NULL;

	if (!is_after || box_list(box, CGROUP_TOP, &names) < 0)
		return true;
	for (char **n = names; *n; n++)
		if (text_starts(*n, "hotproof-race-")) {
			*ret_why = text_printf("the group \"%s\" is left over", *n);
			return false;
		}
	*ret_why = strdup("no group is left over");
	return true;
}
