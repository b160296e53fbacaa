// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One system call that a thread makes when told: begun after an act, collected before the next. A
 * call that never returns hangs its own thread only. No judging.
 */
#pragma once

#include "witnesses/sync/pending.h"
#include "stage/worker.h"

struct errand {
	struct worker worker;
	int (*call)(void *arg); /* in the thread: 0 or positive errno */
	void *arg;
	struct pending pending;
	_Atomic int64_t ended_ns;
	atomic_int result;
};

struct errand_seen {
	struct act act; /* after which it was begun */
	bool is_off;    /* the CPU was off when it began; else it had returned */
	bool is_window_closed;
	bool has_ended;
	int result; /* 0 or positive errno */
	int64_t took_ns;
};

_must_check_ int errand_new(struct errand *e, const char *name, int (*call)(void *arg), void *arg);

/* In after(): begins it if a CPU came or went, and the last one has ended. */
void errand_begin(struct errand *e, struct stage *s, const struct act *act);

/* In before() and uproot(): true when one was under way; waits for it, up to 10 s (scaled) from its
 * begin. */
_must_check_ bool errand_collect(struct errand *e, struct stage *s, struct errand_seen *ret);

/* -ETIMEDOUT: the call never returned, and `e` must stay for ever. */
_must_check_ int errand_end(struct errand *e);
