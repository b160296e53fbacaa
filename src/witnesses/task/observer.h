// SPDX-License-Identifier: GPL-2.0-or-later
/* What the observers saw in closed windows, and how it is judged. How they look is in observer.c.
 */
#pragma once

#include "base/cpulist.h"
#include "witnesses/finding.h"

/* So many samples inside of a window are a real number: a thread takes as many in some
 * milliseconds. */
#define OBSERVER_ENOUGH 500

enum observer_way { OBSERVER_VDSO, OBSERVER_RSEQ, OBSERVER_SYSCALL, OBSERVER_WAYS };

struct observer_seen {
	int cpu;               /* whose window it is */
	bool is_intact;        /* false: somebody else brought the CPU back */
	uint64_t samples;      /* begun and ended inside of the window */
	struct cpulist takers; /* on which CPUs the threads were bound that took them */
	uint64_t sightings;    /* of them named the dead CPU */
	enum observer_way way; /* of the first sighting */
	int tid, bound_to;
};

void observer_judge(const struct observer_seen *seen, struct findings *ret);
