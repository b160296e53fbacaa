// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where one scenario meets its witnesses. The stage plants the witnesses, lets the scenario play,
 * calls every witness around every act, and writes all of it into the journal. It chooses no
 * verdict and no timeout: the parent in run/ watches it through `struct stage_shared`.
 */
#pragma once

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "evidence/journal.h"
#include "evidence/known.h"
#include "stage/claim.h"

#define STAGE_CLAIMS_MAX 256

/* In memory shared with the parent, so that it knows what was going on when the child hung or died.
 */
struct stage_shared {
	atomic_int act; /* number of the act whose write has begun; 0: none is in flight */
	atomic_int act_cpu;
	atomic_int writer_tid;               /* thread that writes, for its stack */
	atomic_llong act_began_ns;           /* CLOCK_BOOTTIME */
	atomic_llong progress_ns;            /* last sign of life of the child outside of acts */
	atomic_uint unmet[STAGE_CLAIMS_MAX]; /* per claim, in the order of stage_claims() */
	atomic_uint explained[STAGE_CLAIMS_MAX]; /* of those: by a known defect */
	_Atomic uint64_t dead[CPULIST_MAX / 64]; /* closed windows: see stage_cpu_is_dead() */
};

struct stage_setup {
	struct box *box;
	struct journal *journal;
	struct stage_shared *shared; /* may not be NULL; zeroed by the caller */
	const struct scenario *scenario;
	const struct witness *const *witnesses; /* NULL-terminated: those chosen */
	const char *const *claim_globs;         /* only these claims are recorded; NULL: all */
	int prober_port; /* UDP port of the echo that a prober outside will talk to; 0: no prober */
	bool has_lookout;       /* somebody outside looks at virtual CPUs when asked */
	bool has_platform;      /* CPUs are taken out and put in when asked */
	bool is_expendable;     /* nobody would miss the box */
	struct cpulist cpus;    /* only these may be taken off; empty: all that can */
	uint64_t seed;          /* of what is chosen at random */
	int64_t time_ns;        /* how long a scenario bounded by time may go on; 0: as it likes */
	const json_t *plan;     /* what to repeat instead of choosing at random; NULL: choose */
	const json_t *baseline; /* what acts cost in earlier runs of this box; NULL: not known */
	struct known_scope known; /* which failures are explained */
};

_must_check_ int stage_new(const struct stage_setup *setup, struct stage **ret);
void stage_free(struct stage *s);
CLEANUP_DEFINE(struct stage, stage, stage_free)

/*
 * begin, needs, plant, play, uproot, end. 0 when the scenario went to its end (whatever the
 * expectations), -errno when it could not: -EOPNOTSUPP: a need of the scenario is unmet (recorded).
 */
_must_check_ int stage_play(struct stage *s);

/* All claims that this stage watches, NULL-terminated: the scenario's, then each witness's. */
const struct claim *const *stage_claims(const struct stage *s);

/* For witnesses and scenarios */
struct box *stage_box(const struct stage *s);
struct journal *stage_journal(const struct stage *s);
int stage_prober_port(const struct stage *s);

/* How the run was started. stage_can_leave(): the CPUs that a scenario may take off: online,
 * hot-pluggable, and chosen. */
_must_check_ int stage_can_leave(const struct stage *s, struct cpulist *ret);
uint64_t stage_seed(const struct stage *s);
int64_t stage_time_ns(const struct stage *s);
const json_t *stage_plan(const struct stage *s);
const json_t *stage_baseline(const struct stage *s);

/* A sign of life of a scenario that is at work outside of acts: without one for a minute it is
 * taken to hang. */
void stage_is_alive(struct stage *s);

/* Thread-safe: keeps one line in the run directory's stream ("tools/top"), as evidence. */
_must_check_ int stage_keep(struct stage *s, const char *stream, const char *line);

/*
 * Thread-safe. True only in the closed window: from the moment when the write that took `cpu` off
 * has returned and hotplug/state was read back as offline, until just before the write that brings
 * it back. Anything seen running there in that time is a defect.
 */
bool stage_cpu_is_dead(const struct stage *s, int cpu);

/*
 * When the window of a CPU is about to be closed (in before(online)) : false if somebody else than
 * the scenario brought the CPU back meanwhile (hotplug/state is not offline any more). Then nothing
 * may be judged by this window.
 */
bool stage_window_is_intact(const struct stage *s, int cpu);

/* The online mask as read after the last act (or at the start). */
const struct cpulist *stage_online(const struct stage *s);
