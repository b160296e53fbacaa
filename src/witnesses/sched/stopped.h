// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of a process that stood still on a CPU that went off, and how it is judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

struct stopped_seen {
	const char *how; /* "stopped", "traced", "frozen" */
	int cpu;
	bool was_there; /* it came to a halt on that CPU */
	bool is_window_closed;
	struct cpulist online; /* after the act */
	bool goes_on;          /* it ran again once it was let go */
	int ran_on;
	int64_t waited_ns;
};

void stopped_judge(const struct stopped_seen *seen, struct findings *ret);
