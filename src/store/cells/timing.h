// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long offlining and onlining a CPU took: of a run, or of all runs of a kernel or a machine. It
 * judges nothing: how quick a box is depends on the box.
 */
#pragma once

#include "store/cells/filter.h"
#include "store/db/db.h"

/* In us. Of several runs the median of their medians, of their 95th percentiles, and the longest.
 */
struct timing {
	int64_t runs, acts, p50, p95, max;
};

/* `what`: run, kernel or machine; `verb`: offline or online. Zeros when there was none. */
_must_check_ int timing_read(struct db *db, const char *what, const char *name, const char *verb,
			     struct timing *ret, struct error *err);

/* Runs with what each brought, the newest first: for trends. Latencies are 0 where there are none.
 */
enum {
	TREND_RUN,
	TREND_AT,
	TREND_KERNEL,
	TREND_MACHINE,
	TREND_PASS,
	TREND_FAIL,
	TREND_KNOWN,
	TREND_OTHER,
	TREND_OFFLINE,
	TREND_OFFLINE_95,
	TREND_ONLINE,
	TREND_ONLINE_95,
};
_must_check_ int timing_trend(struct db *db, const struct filter *filter, int64_t limit,
			      struct rows *ret, struct error *err);
