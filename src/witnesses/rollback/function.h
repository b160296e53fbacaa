// SPDX-License-Identifier: GPL-2.0-or-later
/* Between the observing and the judging part of the function witness, for unit tests. */
#pragma once

#include "witnesses/finding.h"
#include "witnesses/rollback/probe.h"

struct function_seen {
	struct probe_seen probe;
	const char *after;   /* "offline gave EAGAIN" */
	bool lacked_softirq; /* so it was before the act: not the refusal's doing */
};

/* Pure: from observations to findings. */
void function_judge(const struct function_seen *seen, struct findings *ret);
