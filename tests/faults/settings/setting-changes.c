// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates code that takes a CPU that goes for one that is not wanted any more: it leaves a mask
 * that the owner set (`what` = irq, wq or watchdog), or the length of the clock's tick becomes
 * another one (`what` = tick).
 */
#include <linux/string.h>
#include <linux/timex.h>

#include "fault.h"

static char *what = "irq";
module_param(what, charp, 0444);

static struct cpumask *mask;
static int (*adjust)(struct __kernel_timex *);

static void dead(unsigned int cpu)
{
	struct __kernel_timex t = { .modes = ADJ_TICK, .tick = 10001 };

	if (mask)
		cpumask_clear_cpu(cpu, mask);
	if (adjust && adjust(&t) < 0)
		pr_err("seeded fault: the tick cannot be changed\n");
}

static struct cpumask *variable(const char *name)
{
	cpumask_var_t *var = fault_symbol(name);

	return var ? *var : NULL;
}

/* Symbols are looked up by a probe, and probes are not to be had while a CPU goes. */
static int __init setup(void)
{
	if (!strcmp(what, "tick"))
		adjust = fault_symbol("do_adjtimex");
	else if (!strcmp(what, "watchdog"))
		mask = fault_symbol("watchdog_cpumask");
	else if (!strcmp(what, "wq"))
		mask = variable("wq_unbound_cpumask");
	else
		mask = variable("irq_default_affinity");
	return mask || adjust ? 0 : -ENOENT;
}

static const struct fault fault = { .dead = dead };

FAULT_MODULE(fault, setup);
