// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates the other ways in which a box dies in the midst of an act: a triple fault resets it, or
 * all CPUs spin with interrupts off and not a word comes out any more.
 */
#include <linux/reboot.h>
#include <linux/smp.h>

#include "fault.h"

static char *fault_how = "reset";
module_param_named(how, fault_how, charp, 0444);
MODULE_PARM_DESC(how, "reset or freeze");

static void spin(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static int die(unsigned int cpu)
{
	if (!strcmp(fault_how, "reset")) {
		emergency_restart();
		return 0;
	}
	preempt_disable();
	smp_call_function(spin, NULL, 0);
	spin(NULL);
	return 0;
}

static const struct fault fault = { .leaving = die };

FAULT_MODULE(fault, NULL);
