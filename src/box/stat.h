// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/stat (Documentation/filesystems/proc.rst, section 1.7): what sar and top are made of. */
#pragma once

#include <stdint.h>

#include "base/cpulist.h"
#include "box/box.h"

enum stat_column {
	STAT_USER,
	STAT_NICE,
	STAT_SYSTEM,
	STAT_IDLE,
	STAT_IOWAIT, /* documented to go back now and then: never judged */
	STAT_IRQ,
	STAT_SOFTIRQ,
	STAT_STEAL,
	STAT_GUEST,
	STAT_GUEST_NICE,
	STAT_COLUMNS,
};

enum stat_counter { STAT_INTR, STAT_CTXT, STAT_PROCESSES, STAT_SOFTIRQS, STAT_COUNTERS };

#define STAT_CPUS 512 /* rows of higher CPUs are passed over */

struct stat_rows {
	struct cpulist cpus;                   /* those that have a row */
	uint64_t cpu[STAT_CPUS][STAT_COLUMNS]; /* USER_HZ ticks */
	uint64_t total[STAT_COLUMNS];
	uint64_t counter[STAT_COUNTERS];
	uint64_t running; /* procs_running: a sum over CPUs that is taken without a lock */
};

/* Large: allocate it. A row with fewer columns (old kernels) has zeros. */
_must_check_ int stat_read(struct box *box, struct stat_rows *ret);

const char *stat_column_name(enum stat_column column);
const char *stat_counter_name(enum stat_counter counter);
