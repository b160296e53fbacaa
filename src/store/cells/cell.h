// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cells: what is expected (a claim in a scenario on a target) and how it stands. A cell's base
 * comes from its results and from nothing else; its state adds time, rules and broken machines.
 * docs/tracker.md tells the rules in words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/db/db.h"

/* In the database as numbers: never renumbered. */
enum cell_state {
	CELL_NEVER = 0,    /* never tried */
	CELL_PASS = 1,     /* proved */
	CELL_FAIL = 2,     /* a promise is broken */
	CELL_CRASH = 3,    /* the box crashed or hung while it was tried */
	CELL_KNOWN = 4,    /* fails by a known defect of the kernel */
	CELL_FLAKY = 5,    /* passes and fails on the same target */
	CELL_SKIP = 6,     /* a need is unmet, or the precondition never came */
	CELL_LIMIT = 7,    /* the kernel proved that it cannot be had */
	CELL_ERROR = 8,    /* could not be judged */
	CELL_MISSING = 9,  /* was due and did not come */
	CELL_STALE = 10,   /* proved too long ago */
	CELL_BLOCKED = 11, /* its machine is broken */
	CELL_NOT_APPLICABLE = 12,
	CELL_STATES
};

struct cell_word {
	const char *word;    /* "never-tried": in URLs and the API */
	const char *title;   /* "never tried" */
	const char *symbol;  /* one character that tells it without colour */
	const char *explain; /* one sentence */
	int badness;         /* which one stands for several: higher first */
};
/* Indexed by enum cell_state. */
extern const struct cell_word cell_words[CELL_STATES];

/* CELL_STATES: no such word. */
enum cell_state cell_state_of(const char *word);

#define CELL_RECENT 16

/* A letter a result, the newest first: P F K S U L E T C. '-': planned, and the run stopped before.
 */
char cell_letter(const char *verdict, const char *kind, bool is_known);
enum cell_state cell_base(const char *recent);

/* Cells for all pairs of a target, or of all targets, and which of them are expected: after a
 * change of the catalogue, of rules, or of machines. In the caller's transaction. */
_must_check_ int cell_plan(struct db *db, int64_t target, struct error *err);
_must_check_ int cell_plan_all(struct db *db, struct error *err);

/* After a change of rules: marks all targets, in the caller's transaction; then steps, each a
 * transaction of its own that ends after the target with which its time is over, so that others
 * write meanwhile. 1: there is more to do. */
#define CELL_REPLAN_MS 40
_must_check_ int cell_replan_all(struct db *db, struct error *err);
_must_check_ int cell_replan_step(struct db *db, int64_t now, struct error *err);

/* Brings `state` up to date of a target (0: all that are due by then) at that time (s). Returns how
 * many changed. Whoever changes more than results says so by due_at=0. */
_must_check_ int cell_refresh(struct db *db, int64_t target, int64_t now, struct error *err);

/* Says that cells of the target changed: what is kept of them elsewhere is read again. */
_must_check_ int cell_stamp(struct db *db, int64_t target, struct error *err);
/* SQL: what cell_stamp() makes of the target in the same transaction, later. */
#define CELL_NEXT_STAMP "1+(SELECT max(stamp) FROM target)"

/* After all results of a run were added. */
_must_check_ int cell_seen(struct db *db, int64_t target, int64_t run, int64_t began_at,
			   int64_t now, struct error *err);
