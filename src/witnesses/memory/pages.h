// SPDX-License-Identifier: GPL-2.0-or-later
/* What the witness of memory's contents saw, and what follows from it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "witnesses/finding.h"

struct pages_seen {
	int cpu;
	bool was_there;   /* its thread worked on the CPU before it went, or after it came back */
	bool has_checked; /* every page was read once more after the act */
	uint64_t turns;   /* pages that were written anew, or given back and fetched again */
	uint64_t spoilt;  /* pages that did not hold what was written last */
	int page;         /* the first one of them */
	uint64_t at, was, is;
};

/* Pure. */
void pages_judge(const struct pages_seen *seen, struct findings *ret);
