// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SCHED_DEADLINE by sched_setattr(2), which the C library does not wrap: so much runtime in each
 * period, admitted by the kernel or not (Documentation/scheduler/sched-deadline.rst).
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/cpulist.h"
#include "base/error.h"

/*
 * Makes the task `pid` (0: the caller) a deadline task whose deadline is its period; runtime_ns 0:
 * an ordinary task again. -EBUSY: not admitted; -EPERM: it may not run on all CPUs of its root
 * domain, or we may not ask.
 */
_must_check_ int deadline_set(pid_t pid, int64_t runtime_ns, int64_t period_ns);

/* What it was admitted with; -EINVAL: it is no deadline task. */
_must_check_ int deadline_get(pid_t pid, int64_t *ret_runtime_ns, int64_t *ret_period_ns);

/*
 * After deadline tasks of this period ended, or became ordinary ones: returns when what they were
 * promised is given back on these CPUs. Should one be taken off before, the box may panic
 * (docs/seen.md).
 */
void deadline_outlast(const struct cpulist *cpus, int64_t period_ns);
