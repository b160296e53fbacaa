// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a CPU that has lost its high-resolution timers to an aborted transition: what is armed
 * there fires with the tick. Only for the thread that looks, so that the box stays usable.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "fault_abort.h"

static int aborted = -1;

static void mark(const struct fault_abort *a)
{
	aborted = (int)a->cpu;
}

/* hrtimer_start_range_ns(timer, tim, delta_ns, mode) */
static int on_start(struct kprobe *probe, struct pt_regs *regs)
{
	if (aborted == (int)raw_smp_processor_id() && !strcmp(current->comm, "hp-probe"))
		regs->si += 4 * NSEC_PER_MSEC;
	return 0;
}

static struct kprobe start = { .symbol_name = "hrtimer_start_range_ns", .pre_handler = on_start };
static struct kprobe *probes[] = { &start, NULL };
static const struct fault fault = { .probes = probes, .retprobes = fault_abort_probes };

static int setup(void)
{
	fault_aborted = mark;
	return fault_abort_setup();
}

FAULT_MODULE(fault, setup);
