// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parent gathers for the record beside the journal: the kernel log as it comes, and stacks
 * when something hangs. Judges nothing. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "run/internal.h"

#define STACK_MAX 1200 /* characters of one; a line on the lab's port must stay below 32 KiB */
#define STACKS_MAX 16

void run_pump_kmsg(struct run *run)
{
	char record[8192];
	int r = 0;

	while (run->kmsg_fd >= 0 && r == 0) {
		ssize_t n = read(run->kmsg_fd, record, sizeof(record) - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE)
			n = snprintf(record, sizeof(record),
				     "# records were overwritten before they could be read");
		if (n <= 0)
			return;
		record[n] = '\0';
		record[strcspn(record, "\n")] = '\0';
		r = rundir_append(run->setup->rundir, RUNDIR_KMSG, record);
	}
	/* A log that cannot be kept must not keep us busy: it would stay readable for ever. */
	if (r < 0)
		close(take_fd(&run->kmsg_fd));
}

static void add_stack(struct box *box, json_t *stacks, const char *task_dir)
{
	_cleanup_free_ char *stack = NULL, *comm = NULL;
	const char *tid = strrchr(task_dir, '/');

	if (json_array_size(stacks) >= STACKS_MAX ||
	    box_readf(box, &stack, "%s/stack", task_dir) < 0)
		return;
	if (strlen(stack) > STACK_MAX)
		stack[STACK_MAX] = '\0';
	if (box_readf(box, &comm, "%s/comm", task_dir) < 0)
		comm = NULL;
	json_array_append_new(
		stacks, json_pack("{s:o, s:s}", "who",
				  json_sprintf("%s (%s)", comm ? comm : "?", tid ? tid + 1 : "?"),
				  "stack", stack));
}

/* D: waits in the kernel and cannot be woken by a signal. */
static bool is_blocked(struct box *box, const char *task_dir)
{
	_cleanup_free_ char *stat = NULL;
	char *end;

	if (box_readf(box, &stat, "%s/stat", task_dir) < 0)
		return false;
	end = strrchr(stat, ')');
	return end && end[1] == ' ' && end[2] == 'D';
}

static bool is_hotplug_thread(struct box *box, const char *task_dir)
{
	_cleanup_free_ char *comm = NULL;

	return box_readf(box, &comm, "%s/comm", task_dir) == 0 && text_starts(comm, "cpuhp/");
}

static void add_tasks_of(struct box *box, json_t *stacks, const char *pid, bool is_child,
			 int writer_tid)
{
	_cleanup_free_ char *dir = text_printf("proc/%s/task", pid);
	_cleanup_names_ char **tids = NULL;

	if (!dir || box_list(box, dir, &tids) < 0)
		return;
	for (char **tid = tids; *tid; tid++) {
		_cleanup_free_ char *task = text_printf("%s/%s", dir, *tid);

		if (!task || atoi(*tid) == writer_tid)
			continue;
		if ((is_child && !writer_tid) || is_hotplug_thread(box, task) ||
		    is_blocked(box, task))
			add_stack(box, stacks, task);
	}
}

json_t *run_stacks(struct box *box, pid_t child, int writer_tid)
{
	_cleanup_free_ char *writer = text_printf("proc/%d/task/%d", (int)child, writer_tid),
			    *own = text_printf("%d", (int)child);
	_cleanup_names_ char **pids = NULL;
	json_t *stacks = json_array();

	/* The ones that matter most come first, before the bound is reached. */
	if (writer && writer_tid)
		add_stack(box, stacks, writer);
	if (own)
		add_tasks_of(box, stacks, own, true, writer_tid);
	if (!own || box_list(box, "proc", &pids) < 0)
		return stacks;
	for (char **pid = pids; *pid; pid++)
		if (isdigit((unsigned char)**pid) && strcmp(*pid, own) != 0)
			add_tasks_of(box, stacks, *pid, false, writer_tid);
	return stacks;
}
