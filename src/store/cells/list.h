// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists for pages and the API: cells, runs, results, each a query whose columns have names here.
 * Paging is by the last key that was seen, never by a number of rows to skip.
 */
#pragma once

#include "store/db/db.h"
#include "store/cells/filter.h"

/* Cells by id, from after `after` on. */
enum {
	LIST_CELL_ID,
	LIST_CELL_SCENARIO,
	LIST_CELL_CLAIM,
	LIST_CELL_MACHINE,
	LIST_CELL_ARCH,
	LIST_CELL_KERNEL,
	LIST_CELL_OPTIONS,
	LIST_CELL_STATE,
	LIST_CELL_RECENT,
	LIST_CELL_WHY,
	LIST_CELL_RUN,
	LIST_CELL_AT,
	LIST_CELL_RULE, /* its reason */
	LIST_CELL_OWNER,
	LIST_CELL_SINCE, /* the run with which it began to be so */
	LIST_CELL_SUMMARY,
	LIST_CELL_EXPECTED,
};
_must_check_ int list_cells(struct db *db, const struct filter *filter, int64_t after,
			    int64_t limit, struct rows *ret, struct error *err);
_must_check_ int list_cell(struct db *db, int64_t id, struct rows *ret, struct error *err);

/* Cells whose state became another one after that stamp, the newest change first, and the newest
 * stamp there is. */
_must_check_ int list_changed(struct db *db, const struct filter *filter, int64_t after,
			      int64_t limit, struct rows *ret, struct error *err);
_must_check_ int list_newest_stamp(struct db *db, int64_t *ret, struct error *err);

/* Runs, the newest first. */
enum {
	LIST_RUN_ID,
	LIST_RUN_NAME,
	LIST_RUN_MACHINE,
	LIST_RUN_ARCH,
	LIST_RUN_KERNEL,
	LIST_RUN_OPTIONS,
	LIST_RUN_BEGAN,
	LIST_RUN_RECEIVED,
	LIST_RUN_FROM,
	LIST_RUN_SIGNED,
	LIST_RUN_FORMAT,
	LIST_RUN_VERSION,
	LIST_RUN_COMPLETE,
	LIST_RUN_STOPPED,
	LIST_RUN_PASS,
	LIST_RUN_FAIL,
	LIST_RUN_KNOWN,
	LIST_RUN_SKIP,
	LIST_RUN_ERROR,
	LIST_RUN_TIMEOUT,
	LIST_RUN_CRASH,
	LIST_RUN_TARGET,
};
/* Where a list of runs goes on: before that run. {0, 0}: from the newest. */
struct list_run_key {
	int64_t began_at, id;
};
/* Of the filter: machine, arch, kernel, series, options. */
_must_check_ int list_runs(struct db *db, const struct filter *filter, struct list_run_key before,
			   int64_t limit, struct rows *ret, struct error *err);
/* Those that came in after that one, by number; only such as broke a promise, or all. */
_must_check_ int list_new_runs(struct db *db, const struct filter *filter, bool is_broken,
			       int64_t after, int64_t limit, struct rows *ret, struct error *err);
_must_check_ int list_newest_run(struct db *db, int64_t *ret, struct error *err);
_must_check_ int list_run(struct db *db, const char *name, struct rows *ret, struct error *err);

/* Results of a cell, the newest first. */
enum {
	LIST_HISTORY_RUN,
	LIST_HISTORY_AT,
	LIST_HISTORY_LETTER,
	LIST_HISTORY_WHY,
	LIST_HISTORY_EXPECTED,
	LIST_HISTORY_EXERCISED,
	LIST_HISTORY_VERSION,
};
_must_check_ int list_history(struct db *db, int64_t cell, int64_t limit, struct rows *ret,
			      struct error *err);

/* Results of a run, in the order of scenarios and claims. */
enum {
	LIST_RESULT_CELL,
	LIST_RESULT_SCENARIO,
	LIST_RESULT_CLAIM,
	LIST_RESULT_LETTER,
	LIST_RESULT_WHY,
	LIST_RESULT_EXPECTED,
	LIST_RESULT_EXERCISED,
	LIST_RESULT_BEFORE, /* the letters of the cell, the newest first */
};
_must_check_ int list_results(struct db *db, int64_t target, int64_t run, struct rows *ret,
			      struct error *err);

/* Results of all runs, or of one, with all their names: for what leaves the tracker. */
enum {
	LIST_ALL_RUN,
	LIST_ALL_AT,
	LIST_ALL_SCENARIO,
	LIST_ALL_CLAIM,
	LIST_ALL_MACHINE,
	LIST_ALL_ARCH,
	LIST_ALL_KERNEL,
	LIST_ALL_OPTIONS,
	LIST_ALL_LETTER,
	LIST_ALL_EXPECTED,
	LIST_ALL_EXERCISED,
	LIST_ALL_WHY,
};
_must_check_ int list_all_results(struct db *db, const char *run, struct rows *ret,
				  struct error *err);

/* The same claim in the same scenario elsewhere: columns as of cells. */
_must_check_ int list_elsewhere(struct db *db, int64_t cell, int64_t limit, struct rows *ret,
				struct error *err);

/* Names for menus: `what` is a field of the filter. One column, in a good order. */
_must_check_ int list_names(struct db *db, const char *what, struct rows *ret, struct error *err);

/* Broken cells that are expected, flaky ones last, the newest results first: columns as of cells.
 */
_must_check_ int list_broken(struct db *db, int64_t limit, struct rows *ret, struct error *err);
