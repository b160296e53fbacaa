// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The steps of the hotplug state machine as sys/devices/system/cpu/hotplug/states names them, and
 * what follows from their order for cpuN/hotplug/fail. Numbers differ by kernel and by what modules
 * are loaded: they are read, never known. Where one CPU is now is in cpu.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "box/box.h"

struct cpu_state {
	int number;
	char name[48];
};

struct cpu_states {
	struct cpu_state *list; /* ascending, as the file has them */
	size_t n;
};

_must_check_ int cpu_states_read(struct box *box, struct cpu_states *ret);
void cpu_states_clear(struct cpu_states *states);
#define _cleanup_cpu_states_ _cleanup_(cpu_states_clear)

/* The number of a name, or -1. */
int cpu_states_find(const struct cpu_states *states, const char *name);

/* The name of a number, or "?". */
const char *cpu_states_name(const struct cpu_states *states, int number);

/*
 * True when the kernel must refuse to arm this state: a callback that runs with interrupts off and
 * may not fail, or one that a CPU which is online meets only after the point of no return. False
 * where that is not so, or cannot be told because the names are unknown.
 */
bool cpu_states_must_refuse(const struct cpu_states *states, int number, bool is_online);
