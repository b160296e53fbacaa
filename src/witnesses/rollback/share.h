// SPDX-License-Identifier: GPL-2.0-or-later
/* Between the observing and the judging part of the share witness, for unit tests. */
#pragma once

#include <stdint.h>

#include "witnesses/finding.h"

/* One CPU on which a real-time thread ran without pause, with an ordinary one beside it. */
struct share_cpu {
	int cpu;
	int64_t hog_ns, meek_ns; /* CPU time of both, since the real-time one had taken over */
};

struct share_seen {
	const char *result;              /* errno name of the refused offline */
	const char *why_not;             /* NULL, or why it could not be tried */
	struct share_cpu refused, other; /* `other`: a CPU that was left alone, at the same time */
	int64_t took_ns;
};

#define SHARE_ENOUGH_NS (5 * 1000000LL) /* so much is a share: throttling gives 50 ms a second */
#define SHARE_NONE_NS (1 * 1000000LL)   /* so much or less is none */
#define SHARE_PROOF_NS (60 * 1000000LL) /* of the CPU that was left alone: more than one period */

/* Pure: from observations to findings. */
void share_judge(const struct share_seen *seen, struct findings *ret);
