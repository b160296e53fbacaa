// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver's thread that waits, uninterruptibly, for an answer from the CPU that has gone:
 * nobody else is hurt, and it waits for ever.
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "fault.h"

static int wait_for_ever(void *nothing)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	return 0;
}

static void start(unsigned int cpu)
{
	if (IS_ERR(kthread_run(wait_for_ever, NULL, "fault_wait/%u", cpu)))
		pr_err("seeded fault: no thread\n");
}

static const struct fault fault = { .dead = start };

FAULT_MODULE(fault, NULL);
