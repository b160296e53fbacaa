// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For faults that hurt tasks: finds user threads by where they are bound, and holds threads fast
 * until their CPU is back. Not for faults that only listen to the scheduler.
 */
#pragma once

#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/task_work.h>
#include <linux/wait.h>

#include "fault.h"

#define FAULT_TASKS_MAX 32

static char *fault_comm = "";
module_param_named(comm, fault_comm, charp, 0444);
MODULE_PARM_DESC(comm, "only threads whose name begins like one of these, a+b (empty: all)");

struct fault_tasks {
	struct task_struct *task[FAULT_TASKS_MAX];
	unsigned int n;
};

typedef bool (*fault_match)(struct task_struct *task, unsigned int cpu);

static inline bool fault_is_named(const struct task_struct *task)
{
	const char *name = fault_comm, *end;

	for (;; name = end + 1) {
		end = strchrnul(name, '+');
		if (!strncmp(task->comm, name, end - name))
			return true;
		if (!*end)
			return false;
	}
}

static inline bool fault_is_user(const struct task_struct *task)
{
	return task->mm && !(task->flags & (PF_KTHREAD | PF_EXITING)) && fault_is_named(task);
}

static inline bool fault_is_bound(struct task_struct *task, unsigned int cpu)
{
	return fault_is_user(task) && cpumask_equal(&task->cpus_mask, cpumask_of(cpu));
}

static inline bool fault_is_bound_running(struct task_struct *task, unsigned int cpu)
{
	return fault_is_bound(task, cpu) && task_is_running(task);
}

static inline bool fault_is_bound_sleeping(struct task_struct *task, unsigned int cpu)
{
	return fault_is_bound(task, cpu) && !task_is_running(task);
}

static inline void fault_tasks_drop(struct fault_tasks *tasks)
{
	while (tasks->n > 0)
		put_task_struct(tasks->task[--tasks->n]);
}

/* Replaces what is in `tasks` by the threads that match; the list holds a reference to each. */
static inline void fault_tasks_find(struct fault_tasks *tasks, unsigned int cpu, fault_match match)
{
	struct task_struct *process, *task;

	fault_tasks_drop(tasks);
	rcu_read_lock();
	for_each_process_thread(process, task) if (tasks->n < FAULT_TASKS_MAX && match(task, cpu))
		tasks->task[tasks->n++] = get_task_struct(task);
	rcu_read_unlock();
}

static inline bool fault_tasks_has(const struct fault_tasks *tasks, const struct task_struct *task)
{
	unsigned int i;

	for (i = 0; i < tasks->n; i++)
		if (tasks->task[i] == task)
			return true;
	return false;
}

/* What a buggy scheduler would do: no check, no move, and the mask that the user asked for
 * forgotten. */
static inline void fault_set_mask(struct task_struct *task, const struct cpumask *mask)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	cpumask_copy(&task->cpus_mask, mask);
	task->nr_cpus_allowed = cpumask_weight(mask);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
}

struct fault_hold {
	struct callback_head work;
	struct task_struct *task;
	unsigned int cpu;
};

static struct fault_hold fault_holds[FAULT_TASKS_MAX];
static struct cpumask fault_holding;
static DECLARE_WAIT_QUEUE_HEAD(fault_let_go);

static void fault_hold_work(struct callback_head *work)
{
	struct fault_hold *hold = container_of(work, struct fault_hold, work);
	unsigned int cpu = hold->cpu;

	/*
	 * Killable, and not at all on the way out: whoever ends the process must be able to. Idle,
	 * or it would count as a stuck task too.
	 */
	if (!(current->flags & PF_EXITING))
		___wait_event(fault_let_go, !cpumask_test_cpu(cpu, &fault_holding),
			      TASK_KILLABLE | TASK_NOLOAD, 0, 0, schedule());
	hold->task = NULL;
}

/* The thread runs no further from its next way out of the kernel until fault_release(). May be
 * called in atomic context. */
static inline void fault_hold(struct task_struct *task, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < FAULT_TASKS_MAX; i++)
		if (!cmpxchg(&fault_holds[i].task, NULL, task))
			break;
	if (i == FAULT_TASKS_MAX)
		return;

	cpumask_set_cpu(cpu, &fault_holding);
	fault_holds[i].cpu = cpu;
	init_task_work(&fault_holds[i].work, fault_hold_work);
	if (task_work_add(task, &fault_holds[i].work, TWA_RESUME) < 0)
		fault_holds[i].task = NULL;
}

static inline void fault_release(unsigned int cpu)
{
	cpumask_clear_cpu(cpu, &fault_holding);
	wake_up_all(&fault_let_go);
}
