// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kinds of actors share: helper tasks, and the table's names. */
#pragma once

#include <sys/types.h>

#include "scenarios/race/race.h"

extern const struct race_kind race_toggle, race_kill, race_affinity, race_fork, race_cpuset,
	race_irq;
extern const struct need race_need_cpuset;

/* One write(2) of `text` to a file by its absolute path: 0 or -errno. */
_must_check_ int kinds_write(const char *text, const char *path_fmt, ...) _printf_(2, 3);

/*
 * A child that runs (spins a little, sleeps a little) until it is killed, and is killed with its
 * parent. 0 or -errno.
 */
_must_check_ int kinds_start_task(pid_t *ret);

/* SIGKILL and reap; true when it ended by just that signal. */
bool kinds_end_task(pid_t pid);
