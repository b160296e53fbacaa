// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a port that checks for the last CPU itself, before the core does, and with another
 * errno: a script that waits while the answer is EBUSY gives up.
 */
#include "fault.h"

static int change_errno(struct kretprobe_instance *call, struct pt_regs *regs)
{
	if ((int)regs_return_value(regs) == -EBUSY && num_online_cpus() == 1)
		regs_set_return_value(regs, -EINVAL);
	return 0;
}

static struct kretprobe take_down = {
	.kp.symbol_name = "cpu_device_down",
	.handler = change_errno,
};

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &take_down, NULL } };

FAULT_MODULE(fault, NULL);
