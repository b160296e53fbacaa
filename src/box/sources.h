// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The places where the kernel says which CPUs are online. /proc/softirqs is none of them: it lists
 * all possible CPUs.
 */
#pragma once

#include "base/cpulist.h"
#include "box/box.h"

enum source {
	SOURCE_STATE,      /* cpuN/hotplug/state of each present CPU: the strongest */
	SOURCE_MASK,       /* sys/devices/system/cpu/online */
	SOURCE_STAT,       /* rows of /proc/stat */
	SOURCE_INTERRUPTS, /* header of /proc/interrupts */
	SOURCE_CPUINFO,    /* /proc/cpuinfo */
	SOURCE_NODES,      /* union of the cpulist of all nodes */
	SOURCE_COUNT,
};

struct sources {
	struct cpulist cpus[SOURCE_COUNT];
	bool has[SOURCE_COUNT]; /* a kernel without NUMA has no nodes */
	int sysconf_online;     /* sysconf(_SC_NPROCESSORS_ONLN); -1 on a scripted root */
};

const char *sources_name(enum source source);
_must_check_ int sources_read(struct box *box, struct sources *ret);

/* True when all that are there name the same CPUs and sysconf counts as many. */
bool sources_agree(const struct sources *sources);
