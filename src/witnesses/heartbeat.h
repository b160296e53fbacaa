// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the heartbeat on each CPU saw around one act, and how it is judged: for the unit tests. How
 * it is seen is in heartbeat.c.
 */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

/* CLOCK_BOOTTIME; nothing beat on the CPU in between. */
struct heartbeat_gap {
	int cpu;
	int64_t from_ns, to_ns;
};

#define HEARTBEAT_GAPS_MAX 256

struct heartbeat_seen {
	int64_t began_ns, ended_ns; /* of the act */
	int64_t limit_ns;           /* a CPU that does not beat for so long is not alive */
	int returned;               /* the CPU that the act brought back, or -1 */
	struct cpulist online;      /* after the act */
	struct cpulist home;        /* whose heart is bound to it: the others cannot be judged */
	struct cpulist beating;     /* who beat on its own CPU after the act ended */
	/* since the last act; of those that still last `to` is now */
	struct heartbeat_gap gaps[HEARTBEAT_GAPS_MAX];
	size_t n_gaps;
};

void heartbeat_judge(const struct heartbeat_seen *seen, struct findings *ret);

/* The longest gap that touches the act, or NULL: the disruption. */
const struct heartbeat_gap *heartbeat_worst(const struct heartbeat_seen *seen);
