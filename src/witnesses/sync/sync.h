// SPDX-License-Identifier: GPL-2.0-or-later
/* What the witnesses of this folder saw, and how it is judged. */
#pragma once

#include <stdint.h>

#include "witnesses/finding.h"

/* A page that one thread replaces and others read. */
struct tlb_seen {
	int cpu;
	bool was_there; /* a reader ran on it before it went (online: anywhere) */
	bool goes_on;
	uint64_t changes; /* since the act began */
	uint64_t reads, stale;
	int error;
	int64_t waited_ns;
};

void tlb_judge(const struct tlb_seen *seen, struct findings *ret);
