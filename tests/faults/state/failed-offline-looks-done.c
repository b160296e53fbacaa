// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a lost return code on the way up from a failed teardown step: the CPU was rolled back to
 * online, the write says success, and cpuN/online reads 0. Only hotplug/state tells. (A step's
 * error has been lost like this before: "cpu: hotplug: Preserve per instance callback errors".)
 */
#include "fault.h"

static struct cpumask failed;

static int fail(unsigned int cpu)
{
	cpumask_set_cpu(cpu, &failed);
	return -EBUSY;
}

static int remember_cpu(struct kretprobe_instance *call, struct pt_regs *regs)
{
	*(unsigned int *)call->data = ((struct device *)regs_get_kernel_argument(regs, 0))->id;
	return 0;
}

static int forget_error(struct kretprobe_instance *call, struct pt_regs *regs)
{
	if (cpumask_test_and_clear_cpu(*(unsigned int *)call->data, &failed))
		regs_set_return_value(regs, 0);
	return 0;
}

static struct kretprobe take_down = {
	.kp.symbol_name = "cpu_device_down",
	.entry_handler = remember_cpu,
	.handler = forget_error,
	.data_size = sizeof(unsigned int),
};

static const struct fault fault = {
	.leaving = fail,
	.retprobes = (struct kretprobe *[]){ &take_down, NULL },
};

FAULT_MODULE(fault, NULL);
