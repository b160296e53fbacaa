// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that go to sleep with a time-out on the CPU that is about to go off: by nanosleep, poll
 * and a socket's receive time-out, of several lengths. Judging is timer.c's.
 */
#pragma once

#include "witnesses/timer/timer.h"
#include "stage/worker.h"

struct timer_sleeps;

_must_check_ int timer_sleeps_new(struct timer_sleeps **ret);

/* -ETIMEDOUT: a thread did not end and everything stays as it is. */
_must_check_ int timer_sleeps_free(struct timer_sleeps *t);

/*
 * Binds those that are awake to the CPU and lets them fall asleep there; how many were seen asleep
 * there. The others sleep since an earlier act and are left alone.
 */
int timer_sleeps_begin(struct timer_sleeps *t, struct box *box, int cpu, int64_t deadline_ns);

/*
 * Waits for those that began on `cpu` and whose time ends after began_ns (CLOCK_MONOTONIC, the
 * act's begin), each until limit_ns after its time. Those that are longer than `longest_ns` are
 * left for a later look. Each is told once.
 */
void timer_sleeps_look(struct timer_sleeps *t, int cpu, int64_t longest_ns, int64_t began_ns,
		       int64_t limit_ns, struct timer_seen *seen);
