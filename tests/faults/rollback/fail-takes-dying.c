// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates cpuN/hotplug/fail without its check of what may fail: states whose callbacks run with
 * interrupts off are taken. Nothing is armed by it, since the CPU would be lost.
 */
#include "fault.h"

struct written {
	size_t count;
	bool is_dying;
};

/* fail_store(dev, attr, buf, count) */
static int on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct written *w = (void *)ri->data;
	int value;

	w->count = regs_get_kernel_argument(regs, 3);
	w->is_dying = !kstrtoint((const char *)regs_get_kernel_argument(regs, 2), 10, &value) &&
		      value >= CPUHP_AP_IDLE_DEAD && value < CPUHP_AP_ONLINE;
	return 0;
}

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct written *w = (void *)ri->data;

	if (w->is_dying)
		regs_set_return_value(regs, w->count);
	return 0;
}

static struct kretprobe store = {
	.kp.symbol_name = "fail_store",
	.entry_handler = on_entry,
	.handler = on_return,
	.data_size = sizeof(struct written),
};
static struct kretprobe *retprobes[] = { &store, NULL };
static const struct fault fault = { .retprobes = retprobes };

FAULT_MODULE(fault, NULL);
