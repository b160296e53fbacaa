// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread and its files: it writes, cuts, renames, removes and reads them as its random numbers
 * say, and remembers what must be in each. It tells what it found; judging is files.c's.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "stage/worker.h"

#define TREE_FILES 16
#define TREE_BLOCKS 16 /* of a file, at most */
#define TREE_BLOCK 1024

struct tree {
	struct worker worker;
	int dir; /* its own directory; owned */
	uint64_t random;
	/* What is in each block: the number that its bytes are made from; 0: no such block. */
	uint32_t blocks[TREE_FILES][TREE_BLOCKS];
	_Atomic uint64_t ops;    /* done */
	_Atomic uint64_t on_cpu; /* of those, while it was on `cpu` from begin to end */
	atomic_int cpu;          /* where it is to be seen; -1: anywhere */
	atomic_int error;        /* errno of the first call that failed; 0: none */
	atomic_int spoilt;       /* files that were not as they were left */
};

/* In the directory `name` of `at`, which is made. -errno. */
_must_check_ int tree_start(struct tree *t, int at, const char *name, uint64_t seed);

/* -ETIMEDOUT: the thread did not end, and still uses `t`. */
_must_check_ int tree_end(struct tree *t);

/* It goes on until tree_pause(), which waits for it to stand still: 0, or -ETIMEDOUT. */
void tree_go(struct tree *t);
_must_check_ int tree_pause(struct tree *t, int64_t deadline_ns);

/* While it stands still, by the caller: compares each file, and removes it. Counts into `t`. */
void tree_check_and_clear(struct tree *t);
