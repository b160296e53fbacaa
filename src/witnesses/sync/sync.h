// SPDX-License-Identifier: GPL-2.0-or-later
/* What the witnesses of this folder saw, and how it is judged. */
#pragma once

#include <stdint.h>

#include "witnesses/finding.h"

/* Two threads that wake each other. */
struct futex_seen {
	int cpu;
	bool was_there;       /* they woke each other before, one of them on it */
	bool goes_on;         /* rounds were made after the act, and came to an end */
	uint64_t here, there; /* rounds as each counted them, from begin to end */
	int64_t waited_ns;
};

void futex_judge(const struct futex_seen *seen, struct findings *ret);

#define LOCKS_KINDS 3

/* Threads that share counters under locks. */
struct locks_seen {
	int cpu;
	bool was_there; /* two of them counted on it before it went */
	bool goes_on;
	uint64_t rounds[3];            /* of each thread */
	uint64_t counted[LOCKS_KINDS]; /* under each kind of lock */
	uint64_t expected;             /* what each of these must be */
	uint64_t torn;                 /* readers that saw half a write */
	int64_t waited_ns;
};

void locks_judge(const struct locks_seen *seen, struct findings *ret);

/* A page that one thread replaces and others read. */
struct tlb_seen {
	int cpu;
	bool was_there; /* a reader ran on it before it went (online: anywhere) */
	bool goes_on;
	uint64_t changes; /* since the act began */
	uint64_t reads, stale;
	int error;
	int64_t waited_ns;
};

void tlb_judge(const struct tlb_seen *seen, struct findings *ret);
