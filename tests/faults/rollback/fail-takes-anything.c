// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates cpuN/hotplug/fail without the check of its range: numbers that are no state are taken.
 * Nothing is armed by it, since what lies beyond the table of states is not to be read.
 */
#include "fault.h"

struct written {
	size_t count;
	bool is_no_state;
};

/* fail_store(dev, attr, buf, count) */
static int on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct written *w = (void *)ri->data;
	int value;

	w->count = regs_get_kernel_argument(regs, 3);
	w->is_no_state = !kstrtoint((const char *)regs_get_kernel_argument(regs, 2), 10, &value) &&
			 (value < -1 || value > CPUHP_ONLINE);
	return 0;
}

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct written *w = (void *)ri->data;

	if (w->is_no_state)
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
