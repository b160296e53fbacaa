// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The timers of the timer witness: many that fire once, some 20 ms apart, two periodic timerfds and
 * a periodic POSIX timer. One thread, bound to the CPU, arms them and reads them. Judging is
 * timer.c's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "witnesses/timer/timer.h"
#include "stage/worker.h"

struct timer_set;

_must_check_ int timer_set_new(struct timer_set **ret);

/* -ETIMEDOUT: the thread did not end and everything stays as it is. */
_must_check_ int timer_set_free(struct timer_set *t);

/*
 * Arms all of them on this CPU: the thread was bound to it and on it before and after. NULL, or why
 * not; then nothing is armed.
 */
const char *timer_set_arm(struct timer_set *t, int cpu, int64_t deadline_ns);

bool timer_set_is_armed(const struct timer_set *t);

/* Takes them all down. Safe when they are not armed. */
void timer_set_disarm(struct timer_set *t, int64_t deadline_ns);

/*
 * Waits for what has to fire: everything that is due by now and the next `more` shots, each at most
 * limit_ns late, and looks at the result. `began`/`ended`: the act's times, CLOCK_MONOTONIC.
 */
void timer_set_look(struct timer_set *t, int more, int64_t began_ns, int64_t ended_ns,
		    int64_t limit_ns, struct timer_seen *seen);
