// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A box whose state lives in shared memory, so that a run's parent, its children and its guardian
 * see the same one, as on a real box. Four CPUs of which 1-3 can leave, one interrupt, one cpuset.
 * It knows less than tests/support/scripted.h, whose roots live in one process.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "box/box.h"

#define SHARED_BOX_CPUS 4
#define SHARED_BOX_ONLINE 235 /* the state's number */

struct shared_box {
	atomic_uint online; /* bits */
	atomic_int fail[SHARED_BOX_CPUS];
	atomic_ulong taint;
	char irq[32], irq_default[32], cpuset[32], partition[64];
	/* What is wrong with it */
	atomic_int stays_off;    /* this CPU cannot be brought back: EIO; -1: none */
	atomic_int hangs;        /* a write to this CPU does not return; -1: none */
	atomic_int busy;         /* so many writes get EBUSY first */
	atomic_bool irq_is_deaf; /* its affinity takes every write and keeps none */
	atomic_int writes;       /* to cpuN/online, so far */
};

/* The model is unmapped with the box. */
_must_check_ int shared_box_open(struct shared_box **ret_model, struct box **ret);
