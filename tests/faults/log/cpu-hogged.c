// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a driver that takes over the dead CPU's work on a surviving one and does it in one go
 * with preemption off: that CPU runs nothing else for `ms`, less than the soft lockup detector
 * waits for.
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>

#include "fault.h"

static unsigned int ms = 12000;
module_param(ms, uint, 0444);

static int hog(void *nothing)
{
	u64 until = ktime_get_ns() + (u64)ms * NSEC_PER_MSEC;

	/* By the clock: counted loops take twice as long on a loaded host, and then RCU complains.
	 */
	preempt_disable();
	while (ktime_get_ns() < until)
		cpu_relax();
	preempt_enable();
	return 0;
}

static void start(unsigned int cpu)
{
	unsigned int victim = fault_bystander(cpu);
	struct task_struct *thread = kthread_create(hog, NULL, "fault_hog/%u", victim);

	if (IS_ERR(thread))
		return;
	kthread_bind(thread, victim);
	wake_up_process(thread);
}

static const struct fault fault = { .dead = start };

FAULT_MODULE(fault, NULL);
