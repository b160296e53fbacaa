// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a scheduler change that wants to give a thread its old affinity back when the CPU
 * returns, and does it while the CPU is still away: the thread runs elsewhere, but may run on the
 * dead CPU only. It is done again and again, for a wake-up would repair the mask.
 */
#include <linux/workqueue.h>

#include "fault_tasks.h"

static struct fault_tasks bound;
static unsigned int home;
static struct delayed_work again;

static void put_back(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < bound.n; i++)
		fault_set_mask(bound.task[i], cpumask_of(home));
	schedule_delayed_work(&again, msecs_to_jiffies(10));
}

static void note(unsigned int cpu)
{
	fault_tasks_find(&bound, cpu, fault_is_bound_running);
}

static void start(unsigned int cpu)
{
	home = cpu;
	schedule_delayed_work(&again, 0);
}

/* Bound to where it is not, a thread could not be bound again: the kernel would see nothing to do.
 */
static void stop(unsigned int cpu)
{
	unsigned int i;

	cancel_delayed_work_sync(&again);
	for (i = 0; i < bound.n; i++)
		fault_set_mask(bound.task[i], cpu_possible_mask);
}

static int setup(void)
{
	INIT_DELAYED_WORK(&again, put_back);
	return 0;
}

static const struct fault fault = { .before = note, .dead = start, .coming = stop };

FAULT_MODULE(fault, setup);
