// SPDX-License-Identifier: GPL-2.0-or-later
/* perf_event_open(2), for the witnesses of its events. */
#pragma once

#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/types.h>

#include "stage/needs.h"

/* Events of a whole CPU are there, and this user may have them. */
extern const struct need need_perf;

/* A file descriptor or -errno; type and size of `attr` are filled in: software events only. */
_must_check_ int perf_event_new(struct perf_event_attr *attr, pid_t pid, int cpu);

/* The same of a clock that only counts: PERF_COUNT_SW_CPU_CLOCK and its like. */
_must_check_ int perf_event_clock(uint64_t config, pid_t pid, int cpu);

/* What it has counted. -EBADMSG: it answered with something else. */
_must_check_ int perf_event_read(int fd, int64_t *ret);
