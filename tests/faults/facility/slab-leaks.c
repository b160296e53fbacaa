// SPDX-License-Identifier: GPL-2.0-or-later
/* Imitates a driver that allocates for a CPU that comes and forgets to free when it goes: 32 KiB
 * each time. */
#include <linux/slab.h>

#include "fault.h"

static void leak(unsigned int cpu)
{
	int i;

	for (i = 0; i < 8; i++)
		if (!kmalloc(4096, GFP_KERNEL))
			return;
}

static const struct fault fault = { .dead = leak };

FAULT_MODULE(fault, NULL);
