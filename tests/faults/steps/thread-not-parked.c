// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a per-CPU thread that goes to sleep instead of parking when its CPU goes: ksoftirqd, by
 * the look of its state. It is put right before the CPU returns, or nothing could unpark it.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "fault.h"

static void set_state(unsigned int cpu, unsigned int from, unsigned int to)
{
	struct task_struct *task;
	char comm[TASK_COMM_LEN];

	snprintf(comm, sizeof(comm), "ksoftirqd/%u", cpu);
	rcu_read_lock();
	for_each_process(task) if (!strcmp(task->comm, comm) && READ_ONCE(task->__state) == from)
		WRITE_ONCE(task->__state, to);
	rcu_read_unlock();
}

static void unpark(unsigned int cpu)
{
	set_state(cpu, TASK_PARKED, TASK_INTERRUPTIBLE);
}

static void park(unsigned int cpu)
{
	set_state(cpu, TASK_INTERRUPTIBLE, TASK_PARKED);
}

static const struct fault fault = { .dead = unpark, .coming = park };

FAULT_MODULE(fault, NULL);
