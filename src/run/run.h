// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run: chooses scenarios and witnesses, plays each scenario in a child of its own, judges its
 * time, restores the box, and leaves the evidence in a run directory. Chooses no verdict and prints
 * nothing. Which scenarios and witnesses exist is the caller's to say.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpulist.h"
#include "box/box.h"
#include "evidence/known.h"
#include "evidence/rundir.h"
#include "stage/claim.h"

extern const struct claim
	run_box_restored; /* "box.restored": the run is its own speaker, witness "run" */

/* Where it is; for a progress line. */
struct run_progress {
	const char *scenario;
	size_t index, count; /* of the scenarios chosen: 0 .. count-1 */
	const char *alone;   /* witness of a second try, or NULL */
	int act, act_cpu;    /* in flight, or 0 */
	int64_t act_for_ns;  /* how long it has been in flight */
	bool has_ended;      /* this scenario; then also: */
	unsigned int unmet;  /* expectations unmet in it */
};

/* How long to wait before giving up; each is multiplied by wait_scale(). 0: the default. */
struct run_limits {
	int64_t act_soft_ns; /* a note; 2 s */
	int64_t act_hard_ns; /* one write; 60 s */
	int64_t idle_ns;     /* no sign of life outside of writes; 60 s */
	int64_t scenario_ns; /* all of it; 900 s */
	int64_t restore_ns;  /* 60 s */
	int64_t retries_ns;  /* all second tries together; 300 s */
};

struct run_setup {
	struct box *box;
	struct rundir *rundir;
	const struct scenario *const *scenarios; /* all there are, NULL-terminated; chosen from by
						    the globs (NULL: all) */
	const struct witness *const *witnesses;
	const char *const *scenario_globs, *const *witness_globs, *const *claim_globs;
	const json_t *catalog;      /* goes into the run directory as it is */
	const char *name, *machine; /* of the run and of the box, for the record; may be NULL */
	const char *repeat;         /* the command that starts such a run again; NULL: as here */
	const char *const *notes;   /* said at the start of the journal; NULL: none */
	uint64_t seed;
	struct cpulist cpus; /* only these may be taken off; empty: all that can */
	int64_t budget_ns;   /* time for all of it: what fits is played by rank; 0: no end */
	bool is_smoke;       /* only what is worth most, on one CPU */
	bool has_deep;       /* deep scenarios too, where no glob names scenarios */
	int64_t time_ns; /* how long each scenario that is bounded by time may go on; 0: its own */
	const json_t *plan;     /* what to repeat; NULL: nothing */
	const json_t *baseline; /* what acts cost in earlier runs of this box; NULL: not known */
	int prober_port;
	bool has_lookout;   /* somebody outside looks at virtual CPUs when asked */
	bool has_platform;  /* CPUs are taken out and put in when asked */
	bool is_expendable; /* nobody would miss the box: what may cost it is tried too */
	bool has_no_retry;
	struct known_scope known; /* of what these explain a second try would tell nothing */
	const char *state_path; /* of the saved state that the next start finds; NULL: not kept, no
				   guardian */
	struct run_limits limits;
	void (*progress)(void *arg,
			 const struct run_progress *p); /* some times a second; may be NULL */
	void *progress_arg;
};

struct run_outcome {
	bool is_stopped;     /* by a crash, a timeout, a failed restore or a new taint */
	bool is_interrupted; /* by SIGINT or SIGTERM */
};

/*
 * What run_play() would play and plant, as NULL-terminated lists (each to be freed by the caller).
 * -ENOENT: a glob chooses nothing, which must not pass for a run in which nothing failed.
 */
_must_check_ int run_choose(const struct run_setup *setup, const struct scenario ***ret_scenarios,
			    const struct witness ***ret_witnesses, struct error *err);

/* How long a scenario is expected to take with this choice of CPUs; a guess. */
int64_t run_cost_ns(const struct run_setup *setup, const struct scenario *sc);

/*
 * 0 when the run went to its end, whatever became of the scenarios. -ENOENT: a glob chooses
 * nothing; other errors: evidence cannot be written. The box is restored in every case.
 */
_must_check_ int run_play(const struct run_setup *setup, struct run_outcome *ret,
			  struct error *err);
