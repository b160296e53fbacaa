// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Uses one CPU for all that a CPU is for, in some tens of milliseconds: two threads, one bound to
 * it, one beside it. Each step has to end; the thread that waits for both can give up. Judging is
 * function.c's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "box/box.h"

enum probe_step {
	PROBE_RUN,     /* a thread can be bound to the CPU and runs there */
	PROBE_TIMER,   /* a periodic timer of 1 ms fires there */
	PROBE_PRECISE, /* a sleep of 0.3 ms ends without waiting for the tick */
	PROBE_WHEEL,   /* so does a time-out of the timer wheel */
	PROBE_SOFTIRQ, /* a datagram over the loopback device arrives: NET_RX runs there */
	PROBE_IPI,     /* membarrier from another CPU while the thread runs there */
	PROBE_PERF,    /* an event bound to the CPU can be opened and counts */
	PROBE_MOVE,    /* the running thread can be moved away: the stopper thread works */
	PROBE_WORK,    /* a work item runs on each online CPU (vm.stat_refresh) */
	PROBE_STEPS,
};

enum probe_result {
	PROBE_NOT_REACHED, /* an earlier one did not end */
	PROBE_GOOD,
	PROBE_BAD,    /* it ended, and wrongly */
	PROBE_STUCK,  /* it did not end in time */
	PROBE_ABSENT, /* this kernel, or this user, may not do it */
};

struct probe_seen {
	int cpu;
	enum probe_result results[PROBE_STEPS];
	int errors[PROBE_STEPS];                /* errno, where that is why */
	bool is_in_time;                        /* both threads have ended all they had to do */
	int64_t took_ns, after_ns[PROBE_STEPS]; /* when it ended, since the beginning */
	int64_t best_sleep_ns, other_sleep_ns;  /* the same sleep elsewhere; 0: not measured */
	int ran_on;
};

struct probe;

_must_check_ int probe_new(struct box *box, struct probe **ret);

/* -ETIMEDOUT: a thread did not end, and everything stays as it is. */
_must_check_ int probe_free(struct probe *p);

/*
 * `cpu` must be online. False: the threads are still busy with an earlier probe that got stuck, and
 * nothing was done.
 */
_must_check_ bool probe_use(struct probe *p, int cpu, const struct cpulist *online,
			    struct probe_seen *ret);

/* True: a datagram that is sent on this online CPU does not arrive, before anything is done to it.
 */
_must_check_ bool probe_lacks_softirq(struct probe *p, int cpu);

const char *probe_step_name(enum probe_step step);
