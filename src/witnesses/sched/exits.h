// SPDX-License-Identifier: GPL-2.0-or-later
/* The book that a process keeps of its children, and how it is judged. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "witnesses/finding.h"

struct exits_count {
	uint64_t begun, ended;
	uint64_t wrong;  /* ended with another status than they were told */
	uint64_t alien;  /* ended twice, or was never begun */
	uint64_t failed; /* could not be begun */
};

struct exits_seen {
	struct exits_count before, after; /* while nothing was under way */
	bool was_there;                   /* forked on the CPU before the act (online: anywhere) */
	bool was_during;                  /* and again since it began */
	bool has_finished;
	int64_t waited_ns;
};

void exits_judge(const struct exits_seen *seen, struct findings *ret);
