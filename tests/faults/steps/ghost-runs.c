// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a dead CPU that still runs kernel code, by what the function tracer is told: another CPU
 * takes its number for a moment and enters a function.
 */
#include <linux/version.h>
#include <linux/workqueue.h>

#include "fault.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#include <asm/current.h>
#define OWN_NUMBER pcpu_hot.cpu_number
#else
#define OWN_NUMBER cpu_number
#endif

static unsigned int ghost;

/* Must be a function of its own, with the tracer's hook at its beginning. */
static noinline void fault_idle_step(void)
{
	barrier();
}

static void haunt(struct work_struct *work)
{
	unsigned long flags;
	unsigned int own;

	local_irq_save(flags);
	own = raw_smp_processor_id();
	this_cpu_write(OWN_NUMBER, ghost);
	fault_idle_step();
	this_cpu_write(OWN_NUMBER, own);
	local_irq_restore(flags);
}

static DECLARE_DELAYED_WORK(haunting, haunt);

static void begin(unsigned int cpu)
{
	ghost = cpu;
	schedule_delayed_work(&haunting, HZ / 5);
}

static void end(unsigned int cpu)
{
	cancel_delayed_work_sync(&haunting);
}

static const struct fault fault = { .dead = begin, .coming = end };

FAULT_MODULE(fault, NULL);
