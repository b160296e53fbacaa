// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of run/ share and nobody else sees. */
#pragma once

#include <sys/types.h>

#include "evidence/journal.h"
#include "run/run.h"
#include "stage/stage.h"

struct run {
	const struct run_setup *setup;
	struct run_limits limits; /* scaled, defaults filled in */
	struct journal *journal;
	struct stage_shared *shared;       /* zeroed before each scenario */
	const struct scenario **scenarios; /* chosen, NULL-terminated */
	const struct witness **witnesses;
	size_t n_scenarios, index;
	const char *alone; /* witness of the second try that is on, or NULL */
	json_t *snapshot;  /* of before the scenario */
	int kmsg_fd;       /* -1: the box has no log to read */
	int signal_fd;     /* SIGINT, SIGTERM */
	int guardian_fd;   /* our end; -1: no guardian */
	pid_t guardian;
	int lock_fd;
	unsigned long taint;
	int64_t retries_ns; /* spent on second tries */
	int64_t began_ns;
	int64_t cost_ns, spent_ns; /* of what was played: as expected, and as it was */
	json_t *left_out;          /* ids of scenarios for which there was no time */
	bool is_stuck;             /* a child that was killed does not die: the kernel has it */
	char *stopped;             /* why the run ends early, or NULL */
	struct run_outcome outcome;
};

/* True when one of the globs matches, or there are none. */
bool run_matches(const char *const *globs, const char *id);

/* budget.c: whether there is time for it (else it is named in
 * the end); what it took; and the note that names what did not fit. */
void run_sort_by_rank(const struct scenario **scenarios, size_t n);
bool run_fits(struct run *run, const struct scenario *sc);
void run_spent(struct run *run, const struct scenario *sc, int64_t ns);
void run_note_left_out(struct run *run);

/* What the box is: kernel, command line, topology; owned by the caller. */
json_t *run_meta(const struct run_setup *setup);

/* How one scenario's child ended. */
enum run_end { RUN_ENDED, RUN_CRASHED, RUN_TIMED_OUT, RUN_INTERRUPTED };

/* Waits for the child, writes what must be known of how it ended (crash, timeout, interrupted), and
 * leaves none behind that can die. */
enum run_end run_watch(struct run *run, pid_t pid, int pidfd);

/* play.c: 0, or -errno when it could not be tried; run->stopped says that no other may follow. */
_must_check_ int run_scenario(struct run *run, const struct scenario *sc);

/* One try of a scenario. *ret_stage lives on for its list of claims; NULL on failure. */
struct run_try {
	const struct scenario *scenario;
	const struct witness *const *witnesses;
	const char *const *claim_globs;
	json_t *alone; /* NULL: the first try */
};

_must_check_ int run_try(struct run *run, const struct run_try *t, struct stage **ret_stage);

/* retry.c: the failed claims of the last try, which the next one forgets; `failed` holds
 * STAGE_CLAIMS_MAX. Returns their number. */
size_t run_find_failed(const struct run *run, const struct stage *stage,
		       const struct claim **failed);
_must_check_ int run_retry(struct run *run, const struct scenario *sc,
			   const struct claim *const *failed, size_t n_failed, int64_t took_ns);

/* proc/sys/kernel/tainted; 0 when it cannot be read. */
unsigned long run_taint(struct box *box);

/* Copies new kernel log records into the run directory. */
void run_pump_kmsg(struct run *run);

/* Kernel stacks of those who are stuck: {"who","stack"}; bounded in size. For writer 0 all threads
 * of the child. */
json_t *run_stacks(struct box *box, pid_t child, int writer_tid);

/* Blocks SIGINT and SIGTERM and makes run->signal_fd; and the reverse. The child calls
 * run_signals_restore(). */
_must_check_ int run_signals_take(struct run *run);
void run_signals_restore(void);

/* restore.c: the state before the scenario, kept in run->snapshot and in the file; 1: all is as
 * before, 0: not. */
_must_check_ int run_snapshot(struct run *run);
int run_restore(struct run *run);

/* At the start of a run: what an earlier one left behind. -EBUSY: another run is on this box. */
_must_check_ int run_recover(struct run *run, struct error *err);

/* In a process that can be given up; writes the `restore` line. 1, 0, or -errno. `snapshot` NULL:
 * traps, and the tracing of this run. */
int run_restore_by(struct run *run, const char *by, const json_t *snapshot, bool has_line_always);

/* What lives as long as a run does. */
void run_restore_at_end(struct run *run);

/* guardian.c: 0 or -errno. */
_must_check_ int run_guardian_start(struct run *run);
void run_guardian_tell_child(struct run *run, pid_t pid);
void run_guardian_dismiss(struct run *run);
