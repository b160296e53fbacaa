// SPDX-License-Identifier: GPL-2.0-or-later
/* uevents of CPUs, as the kernel broadcasts them (lib/kobject_uevent.c):
 * "ACTION@DEVPATH\0KEY=VALUE\0..." a datagram. */
#pragma once

#include <stdint.h>

#include "box/box.h"

struct uevent {
	int cpu;
	bool is_online; /* online@, else offline@ */
	uint64_t seqnum;
};

/*
 * The next online@ or offline@ of a CPU device; all other events are passed over. 1, or 0 when
 * there is none now. -ENOBUFS: the kernel dropped events since the last read, so that counts mean
 * nothing.
 */
_must_check_ int uevent_next_cpu(int fd, struct uevent *ret);
