// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates performance events of a thread that are switched off with the CPU it was bound to, and
 * not switched on where it goes: they stand still until the CPU returns.
 */
#include <linux/perf_event.h>
#include <linux/version.h>

#include "fault_tasks.h"

static struct fault_tasks bound;

static struct perf_event *event_of(struct task_struct *task)
{
	struct perf_event_context *ctx;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	ctx = task->perf_event_ctxp[perf_sw_context] ?: task->perf_event_ctxp[perf_hw_context];
#else
	ctx = task->perf_event_ctxp;
#endif
	return ctx ? list_first_entry_or_null(&ctx->event_list, struct perf_event, event_entry)
		   : NULL;
}

static void stop(unsigned int cpu)
{
	unsigned int i;

	fault_tasks_find(&bound, cpu, fault_is_bound);
	for (i = 0; i < bound.n; i++)
		if (event_of(bound.task[i]))
			perf_event_disable(event_of(bound.task[i]));
}

static int go_on(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < bound.n; i++)
		if (event_of(bound.task[i]))
			perf_event_enable(event_of(bound.task[i]));
	fault_tasks_drop(&bound);
	return 0;
}

static const struct fault fault = { .dead = stop, .back = go_on };

FAULT_MODULE(fault, NULL);
