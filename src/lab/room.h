// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is there room on this host for one more guest? Guests that make each other wait or swap say
 * nothing of the kernel, so a guest is not started where memory or CPUs do not allow it. It starts
 * nothing and waits for nothing.
 */
#pragma once

#include <stdbool.h>

#include "lab/matrix.h"

/* What guests take, or have taken. */
struct room {
	int mem_mib, cpus, guests;
};

/* What the host can give. */
struct room_host {
	int free_mib;  /* available now, also of this process's memory cgroups */
	int total_mib; /* could ever be */
	int cpus;      /* that this process may use; at least 1 */
};

#define ROOM_HELD_MAX 200

struct room room_of(const struct matrix_cell *c);

void room_host_read(struct room_host *ret);

/* False: not now, and `ret_why` (ROOM_HELD_MAX bytes) says why. Without other guests only memory
 * counts. */
bool room_fits(const struct room_host *host, const struct room *running, const struct room *need,
	       char *ret_why);
