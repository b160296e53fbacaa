// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the journal: numbers, stamps and orders the lines. What the lines hold:
 * docs/run-format.md. Threads and forked children may share one journal; numbers come from shared
 * memory.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "evidence/rundir.h"

struct journal;

/* The run directory stays the caller's and must outlive the journal. */
_must_check_ int journal_new(struct rundir *rd, struct journal **ret);
void journal_free(struct journal *j);
CLEANUP_DEFINE(struct journal, journal, journal_free)

struct rundir *journal_rundir(struct journal *j);

/* Every line from now on carries it; NULL: none. `alone` (borrowed, may be NULL): the second try's
 * record. */
void journal_set_scenario(struct journal *j, const char *scenario, json_t *alone);

/*
 * Adds seq, t, type and scenario to `fields` (an object, whose reference is taken, also on failure)
 * and writes it. Returns the line's seq, or -errno. A failure is remembered: see journal_error().
 */
long journal_write(struct journal *j, const char *type, json_t *fields);

/* The same, but returns only when the line is safe on disk or outside of the guest. */
_must_check_ long journal_write_sync(struct journal *j, const char *type, json_t *fields);

/*
 * Between the two, lines may wait in memory (rundir_hold): what a box that dies there had written
 * last is lost. journal_write_sync() lets all go that waits.
 */
void journal_hold(struct journal *j);
void journal_release(struct journal *j);

/* A fresh number for an act; acts are numbered over the whole run, also over forked children. */
int journal_next_act(struct journal *j);

/* The first failed write (negative errno) since the journal began, or 0: no act may follow a failed
 * write. */
int journal_error(const struct journal *j);
