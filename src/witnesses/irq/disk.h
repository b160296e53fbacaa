// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic for a disk's interrupts: a process that reads single blocks past the page cache, bound to
 * the CPU that it is told. It only reads, and what it read does not matter.
 */
#pragma once

#include <stdint.h>

#include "box/box.h"

struct disk;

/* A disk with a hardware queue that serves `cpu` and no other CPU (name owned by the caller): 1, or
 * 0 when there is none. */
_must_check_ int disk_find(struct box *box, int cpu, char **ret_name);

/* Opens /dev/NAME; the process is quiet until it is told. */
_must_check_ int disk_open(const char *name, struct disk **ret);

#define DISK_QUIET (-1)
/* Reads from now on, bound to that CPU (the kernel may move it when the CPU goes), or DISK_QUIET.
 */
void disk_read_on(struct disk *d, int cpu);

struct disk_count {
	uint64_t done; /* since it was opened */
	int error; /* errno of the last failed read or of the binding, 0: none since disk_read_on()
		    */
};
struct disk_count disk_count(struct disk *d);

/* A process in a read that never ends is left behind. */
void disk_close(struct disk *d);
