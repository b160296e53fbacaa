// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two halves of a timer set share: set.c asks, set_thread.c arms and reads. */
#pragma once

#include <time.h>

#include "base/wait.h"
#include "witnesses/timer/set.h"

/* 20 ms apart while a pair of acts takes its usual time, then 100 ms apart up to 4 s. */
#define SHOTS_DENSE 60
#define SHOTS_WIDE 28
#define SHOTS (SHOTS_DENSE + SHOTS_WIDE)
#define DENSE_NS (20 * NS_PER_MS)
#define WIDE_NS (100 * NS_PER_MS)

#define TIMERFD_NS (5 * NS_PER_MS)
#define POSIX_NS (7 * NS_PER_MS)
/*
 * A periodic timer waits on no queue from its expiry until it is read. On a loaded host the short
 * ones are hardly ever armed as their CPU goes, and a mistake in the move spares them: this one is.
 */
#define SLOW_NS (60 * NS_PER_MS)

enum { SERIES_TIMERFD, SERIES_POSIX, SERIES_SLOW };
enum command { COMMAND_ARM, COMMAND_DISARM, COMMAND_NOTHING };

struct shot {
	int fd;
	int64_t expiry_ns;
	_Atomic int64_t fired_ns; /* 0: not yet */
};

struct series {
	int64_t period_ns;
	_Atomic uint64_t counted, missing, surplus;
};

struct timer_set {
	struct worker worker;
	int epoll_fd, periodic_fd, slow_fd, signal_fd;
	timer_t posix;
	bool has_posix;
	atomic_int setup_error;
	_Atomic enum command command;
	atomic_int armed_before, armed_after; /* CPUs that the thread read around the arming */
	bool is_armed;
	int64_t start_ns; /* CLOCK_MONOTONIC: periods count from here */
	int64_t shift_ns;
	struct shot shots[SHOTS];
	struct series series[TIMER_SERIES];
};

/* The body of the set's thread: worker_start(), with the set as its argument. */
void set_thread_run(struct worker *w);
