// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver whose startup callback fails for a returning CPU because it frees less than it
 * allocates: the CPU stays away. With `times` it fails that often, then the CPU can come back; 0:
 * never again.
 */
#include "fault.h"

static unsigned int times = 1;
module_param(times, uint, 0444);

static DEFINE_PER_CPU(unsigned int, refused);

static int refuse(unsigned int cpu)
{
	if (times && per_cpu(refused, cpu) >= times)
		return 0;
	per_cpu(refused, cpu)++;
	return -ENOMEM;
}

static const struct fault fault = { .back = refuse };

FAULT_MODULE(fault, NULL);
