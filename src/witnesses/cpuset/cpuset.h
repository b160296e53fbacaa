// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of a cpuset of cgroup v2, and of its one process, when a CPU of it went off or came
 * back, and how it is judged. */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

struct cpuset_seen {
	int cpu;
	bool is_back;          /* it has returned; else it is off */
	bool is_window_closed; /* it was so until the end of this look */
	struct cpulist online; /* after the act */
	struct cpulist wanted; /* what was written into cpuset.cpus */
	int read_error;        /* of its files, or of the process's affinity: positive errno */
	struct cpulist cpus, effective; /* as the files say at the end of the wait */
	struct cpulist affinity;        /* of the process, which slept all the time */
	bool is_asleep;                 /* until then */
	bool has_run;                   /* was then woken, and ran */
	int ran_on;
	int64_t waited_ns;
};

/* What cpuset.cpus.effective must hold then: its own CPUs that are online, or, if there are none,
 * the parent's. */
struct cpulist cpuset_expected(const struct cpulist *wanted, const struct cpulist *online);

void cpuset_judge(const struct cpuset_seen *seen, struct findings *ret);
