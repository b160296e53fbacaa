// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of timers and sleeps that were armed on a CPU before it went off, and how it is
 * judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

/* Timers that fire once; all times are CLOCK_MONOTONIC. Only those that expire after the act began
 * are counted. */
struct timer_shots_seen {
	int pending;   /* when the act began: armed on the CPU, not yet expired */
	int due;       /* of them: those that had to have fired by the end of the look */
	int due_after; /* of them: those that expired after the act had ended */
	int fired;     /* of the due ones */
	int stuck;     /* of the due ones: they fired, but the thread that reads them did not run */
	int early;     /* of all: they fired before their time */
	int64_t worst_early_ns, worst_late_ns;
	int64_t lost_expiry_ns; /* of the first one that did not fire */
};

/* A timer that fires every period. */
struct timer_series_seen {
	const char *name; /* "timerfd", "POSIX timer", "slow timerfd" */
	int64_t period_ns;
	int64_t elapsed_ns;         /* until the last look */
	uint64_t expected, counted; /* expirations, at the last look */
	uint64_t missing; /* most that were missing at a moment when the timer had been read: over 1
			     is a loss */
	uint64_t surplus; /* most that were too many: any is early */
	bool is_stuck;    /* it was due and the thread that reads it did not run */
};

#define TIMER_SERIES 3

/* One thread that sleeps with a time-out. */
struct timer_sleep_seen {
	const char *name;
	int64_t length_ns;
	bool has_ended;
	bool may_be_early; /* measured in ticks of the kernel's clock, which may lag */
	int64_t early_ns, late_ns, waited_ns;
};

#define TIMER_SLEEPS 4

struct timer_seen {
	int cpu;                   /* that they were armed on */
	bool is_return;            /* the act was the CPU's return, else its leaving */
	const char *shots_unarmed; /* why the timers are not armed on the CPU; NULL: they are */
	bool is_shots_told; /* broken ones were found earlier: nothing more is said of timers */
	struct timer_shots_seen shots;
	struct timer_series_seen series[TIMER_SERIES];
	/* Those that were begun on the CPU, were asleep when the act began and had to end before
	 * this look. */
	struct timer_sleep_seen sleeps[TIMER_SLEEPS];
	size_t n_sleeps;
	int64_t limit_ns; /* later than this is never */
};

extern const struct claim timer_none_lost, timer_none_early, timer_sleeps_end;

/* Pure; what is told of earlier is said in `seen`. */
void timer_judge(const struct timer_seen *seen, struct findings *ret);
