// SPDX-License-Identifier: GPL-2.0-or-later
/* What the clocks showed to threads on all CPUs since the last act, and how it is judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

/* Rounds that one CPU must have taken to count as one where the clocks were read. */
#define CLOCK_ENOUGH 50

struct clock_seen {
	struct cpulist online; /* after the act */
	int returned; /* the CPU that the act brought back: it must be among the readers; else -1 */
	struct cpulist readers; /* where at least CLOCK_ENOUGH rounds were taken after the act */
	uint64_t rounds;        /* since the last act, by all */
	uint64_t backs; /* readings lower than one that had been published before they began */
	/* of the one that was furthest back */
	const char *clock, *way;
	int cpu;
	int64_t behind_ns;
};

void clock_judge(const struct clock_seen *seen, struct findings *ret);
