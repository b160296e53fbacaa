// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a check that was rewritten and answers something else for a CPU that is off: `function`
 * returns `gives` where it returned `instead`, while a CPU is away, to programs called `comm`.
 */
#include "fault_tasks.h"

static char *function = "";
module_param(function, charp, 0444);
static int instead = -22;
module_param(instead, int, 0444);
static int gives = -16;
module_param(gives, int, 0444);

static int answer(struct kretprobe_instance *call, struct pt_regs *regs)
{
	unsigned int dead = fault_cpu();

	if (dead < nr_cpu_ids && !cpu_online(dead) && fault_is_named(current) &&
	    (int)regs_return_value(regs) == instead)
		regs_set_return_value(regs, gives);
	return 0;
}

static struct kretprobe probe = { .handler = answer };

static int setup(void)
{
	probe.kp.symbol_name = function;
	return 0;
}

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, setup);
