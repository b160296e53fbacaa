// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a checker that reports a broken invariant in the log and goes on, without tainting the
 * kernel: the workqueue watchdog does so.
 */
#include "fault.h"

static void report(unsigned int cpu)
{
	pr_emerg("BUG: workqueue lockup - pool cpus=%u node=0 flags=0x4 nice=0 stuck for 31s!\n",
		 cpu);
}

static const struct fault fault = { .dead = report };

FAULT_MODULE(fault, NULL);
