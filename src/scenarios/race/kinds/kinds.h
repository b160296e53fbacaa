// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kinds of actors share: helper tasks, and the table's names. */
#pragma once

#include <sys/types.h>

#include "scenarios/race/race.h"

/* toggle.c, tasks.c, irq.c, cpuset.c */
extern const struct race_kind race_toggle, race_kill, race_affinity, race_fork, race_irq,
	race_cpuset;
/* groups.c, deadline.c, facilities.c, knobs.c */
extern const struct race_kind race_throttled, race_freezer, race_deadline, race_perf, race_uring,
	race_netns, race_mount, race_read, race_tracing, race_fail, race_smt;

/* modules.c, devices.c, suspend.c */
extern const struct race_kind race_module, race_loop, race_zram, race_suspend;

extern const struct need race_need_modules, race_need_loop;
extern const struct need race_need_cpuset, race_need_bandwidth, race_need_freezer, race_need_uring,
	race_need_netns, race_need_tracing, race_need_fail, race_need_smt;

/* One write(2) of `text` to a file by its absolute path: 0 or -errno. */
_must_check_ int kinds_write(const char *text, const char *path_fmt, ...) _printf_(2, 3);

/*
 * A child that runs (spins a little, sleeps a little) until it is killed, and is killed with its
 * parent. 0 or -errno.
 */
_must_check_ int kinds_start_task(pid_t *ret);

/* SIGKILL and reap; true when it ended by just that signal. */
bool kinds_end_task(pid_t pid);

/* A few such tasks as the state of an actor: its begin and its end. */
#define KINDS_TASKS 4
struct kinds_tasks {
	pid_t pids[KINDS_TASKS];
};
_must_check_ int kinds_begin_tasks(struct race_actor *a);
void kinds_end_tasks(struct race_actor *a);

/* "0" or "1" to cpuN/online, as acts of verbs. */
int kinds_off(struct race_actor *a, const struct race_op *op);
int kinds_on(struct race_actor *a, const struct race_op *op);

/* The verb for one of them. */
#define KINDS_TOGGLE(word, function, how_often)                                            \
	{                                                                                  \
		.name = (word), .has_cpu = true, .weight = (how_often), .is_toggle = true, \
		.is_marked = true, .legal = RACE_LEGAL(0), .act = (function)               \
	}

/* For the check() of kinds that make groups: afterwards none of a race's is left. */
bool kinds_no_group_left(struct box *box, bool is_after, char **ret_why);
