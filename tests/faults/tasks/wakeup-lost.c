// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a wake-up that finds the thread's CPU gone and gives up instead of choosing another one:
 * who slept bound to the CPU and is woken while it is away runs only after it has returned.
 */
#include <linux/spinlock.h>

#include "fault_tasks.h"

/* Those who wake often are moved, and bound no longer, before the CPU is dead. */
static bool any;
module_param(any, bool, 0444);
MODULE_PARM_DESC(any, "also threads that are not bound to the CPU");

static DEFINE_RAW_SPINLOCK(lost_lock);
static struct fault_tasks lost;

static notrace int give_up(struct task_struct *task, unsigned int state, int flags)
{
	return 0;
}

static int on_wake_up(struct kprobe *probe, struct pt_regs *regs)
{
	struct task_struct *task = (struct task_struct *)regs_get_kernel_argument(regs, 0);
	unsigned int cpu = fault_cpu();
	unsigned long flags;

	if (cpu >= nr_cpu_ids || cpu_online(cpu) || task_is_running(task) ||
	    !(any ? fault_is_user(task) : fault_is_bound(task, cpu)))
		return 0;

	raw_spin_lock_irqsave(&lost_lock, flags);
	if (!fault_tasks_has(&lost, task) && lost.n < FAULT_TASKS_MAX)
		lost.task[lost.n++] = get_task_struct(task);
	raw_spin_unlock_irqrestore(&lost_lock, flags);
	return fault_replace(regs, give_up);
}

static int wake_sleepers(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < lost.n; i++)
		wake_up_process(lost.task[i]);
	fault_tasks_drop(&lost);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "try_to_wake_up",
	.pre_handler = on_wake_up,
};

static const struct fault fault = {
	.back = wake_sleepers,
	.probes = (struct kprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, NULL);
