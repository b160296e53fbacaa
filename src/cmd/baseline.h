// SPDX-License-Identifier: GPL-2.0-or-later
/* Earlier runs of a box, to hold a run against. What is compared is evidence/latency.h's. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "evidence/latency.h"

/*
 * Adds what the acts of the run in `dir` cost to `table`. -EINVAL: it is a run of another box than
 * that of `meta` (another kernel, architecture or machine), or none of its acts was traced.
 */
_must_check_ int baseline_read(const char *dir, const json_t *meta, struct latency_table *table,
			       struct error *err);

/*
 * Of several runs of one box, or of one file that this wrote before: {"kernel", "arch", "machine",
 * "runs": N, "latency": as latency_json()}; owned by the caller.
 */
_must_check_ int baseline_collect(const char *const *paths, size_t n, json_t **ret,
				  struct error *err);

/* -EINVAL: it is of another box than this one, which is called `machine`. */
_must_check_ int baseline_check(const json_t *baseline, const char *machine, struct error *err);
