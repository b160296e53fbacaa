// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a bus that calls it an error when a CPU is asked for the state that it is in: scripts
 * that make sure of a state fail.
 */
#include "fault.h"

static int complain(struct kretprobe_instance *call, struct pt_regs *regs)
{
	/* 1 is the core's "it was so already", which the write turns into success. */
	if ((int)regs_return_value(regs) == 1)
		regs_set_return_value(regs, -EALREADY);
	return 0;
}

static struct kretprobe offline = {
	.kp.symbol_name = "device_offline",
	.handler = complain,
};

static struct kretprobe online = {
	.kp.symbol_name = "device_online",
	.handler = complain,
};

static const struct fault fault = { .retprobes =
					    (struct kretprobe *[]){ &offline, &online, NULL } };

FAULT_MODULE(fault, NULL);
