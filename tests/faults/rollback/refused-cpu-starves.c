// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a CPU that was refused to go and whose real-time threads are not throttled any more: the
 * ordinary thread beside one gets nothing. It is held fast instead, from the moment when a thread
 * of its process becomes real-time until the CPU really goes.
 */
#include "fault_tasks.h"
#include "fault_abort.h"

static int refused = -1;
static struct fault_tasks starved;

static void mark(const struct fault_abort *a)
{
	refused = (int)a->cpu;
}

static int on_policy(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int i, cpu = refused;

	if (refused < 0)
		return 0;
	refused = -1;
	fault_tasks_find(&starved, cpu, fault_is_bound);
	for (i = 0; i < starved.n; i++)
		fault_hold(starved.task[i], cpu);
	return 0;
}

static int let_go(unsigned int cpu)
{
	fault_release(cpu);
	fault_tasks_drop(&starved);
	return 0;
}

static struct kprobe policy = { .symbol_name = "__x64_sys_sched_setscheduler",
				.pre_handler = on_policy };
static struct kprobe *probes[] = { &policy, NULL };
static const struct fault fault = { .leaving = let_go,
				    .probes = probes,
				    .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = mark;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
