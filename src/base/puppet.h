// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One child process that does what it is told: answers when asked, or runs without sleeping, and
 * says where it ran. For what only a process of its own can be: stopped, traced, frozen, put into a
 * cgroup. Threads of this process are stage/worker.h. It gets SIGKILL when the starting thread
 * dies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpulist.h"
#include "base/error.h"

struct puppet;

/* Returns when it has run once. The name is cut to 15 characters. `group_fd`: the directory of a
 * group of cgroup v2 that it is born in, or -1. */
_must_check_ int puppet_start(const char *name, int group_fd, struct puppet **ret);

/*
 * The same with something to do in each turn, in the child: no locks, so nothing of the C library
 * that takes one; `arg` is of use in shared memory only. `turn` returns how long to pause then, in
 * ns; an ask ends the pause and is answered.
 */
_must_check_ int puppet_start_turning(const char *name, int group_fd, int64_t (*turn)(void *arg),
				      void *arg, struct puppet **ret);

/* SIGKILL, and some time to go. Safe on NULL. */
void puppet_end(struct puppet *p);

pid_t puppet_pid(const struct puppet *p);

/* Wakes it once; it notes its CPU and answers. */
void puppet_ask(struct puppet *p);

/* Until everything asked so far is answered: 1; 0: the deadline (CLOCK_BOOTTIME) has passed. */
_must_check_ int puppet_await(struct puppet *p, int64_t deadline_ns);

/* From now on it takes turn after turn, or no more. */
void puppet_spin(struct puppet *p, bool on);
uint64_t puppet_turns(const struct puppet *p);

/* Until it has made so many turns more, on this CPU (-1: any) at the end: 1; 0: the deadline. */
_must_check_ int puppet_await_turns(struct puppet *p, uint64_t more, int cpu, int64_t deadline_ns);

/* Where it last saw itself. */
int puppet_cpu(const struct puppet *p);

/* sched_setaffinity(2), sched_getaffinity(2). */
_must_check_ int puppet_pin(struct puppet *p, const struct cpulist *cpus);
_must_check_ int puppet_affinity(const struct puppet *p, struct cpulist *ret);
