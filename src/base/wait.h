// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clocks and deadlines, and the one sanctioned place that waits by the clock. Everything else waits
 * for a file descriptor, or for a condition with a deadline: no module calls sleep().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

/* For people and for JSON. */
static inline double wait_ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

int64_t wait_now_ns(void);        /* CLOCK_BOOTTIME: the journal's clock */
int64_t wait_monotonic_ns(void);  /* CLOCK_MONOTONIC */
int64_t wait_thread_cpu_ns(void); /* CPU time of the calling thread */

/* Until fd is readable (or hung up) or deadline_ns (CLOCK_BOOTTIME) has passed: 1, or 0 on
 * time-out. */
_must_check_ int wait_readable(int fd, int64_t deadline_ns);

/*
 * Asks `is_true(arg)` again and again, pausing 1 ms, then up to 20 ms, between, until it says so or
 * the deadline has passed: 1, or 0 on time-out. For state that has no event to wait for.
 */
_must_check_ int wait_until(bool (*is_true)(void *arg), void *arg, int64_t deadline_ns);

/* Lets at most `ns` pass, for a periodic sampler; returns early on a signal. */
void wait_pause(int64_t ns);

/*
 * Deadlines of the whole program are multiplied by this (default 1.0): slow guests and loaded hosts
 * set it with --deadline-scale. Not for judging: only for how long to wait before giving up.
 */
void wait_set_scale(double scale);
double wait_scale(void);
int64_t wait_scaled(int64_t ns);
