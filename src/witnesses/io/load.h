// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Input and output on a disk by a process bound to a CPU: single blocks past the page cache,
 * written and read back where the disk is nobody's, only read elsewhere. A process, since one that
 * hangs in a read cannot be ended any other way than by leaving it. Judges nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct load;

#define LOAD_QUIET (-1)
#define LOAD_ANYWHERE (-2)

struct load_count {
	uint64_t done;      /* blocks, since it was opened */
	uint64_t on_cpu;    /* of those, begun and ended on the CPU that was told */
	uint64_t differing; /* blocks that were not what had been written there */
	int error;          /* errno of the last operation that failed since load_on(), 0: none */
	int64_t worst_ns;   /* the longest operation since load_on() */
};

/* Opens /dev/NAME; with `may_write` a few blocks in the middle of it are overwritten. */
_must_check_ int load_open(const char *name, bool may_write, struct load **ret);

/* From now on that CPU, or LOAD_ANYWHERE or LOAD_QUIET. */
void load_on(struct load *l, int cpu);

struct load_count load_count(struct load *l);

/* A process in an operation that never ends is left behind. */
void load_close(struct load *l);
