// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a missing check of a file in cpuN/hotplug/: `text` written to the attribute `name` is
 * called a success. It is not acted upon, since the true thing reads outside of a table.
 */
#include <linux/string.h>

#include "fault.h"

static char *name = "fail";
module_param(name, charp, 0444);
static char *text = "99999";
module_param(text, charp, 0444);

struct store {
	size_t count; /* 0: not the one */
};

static int note(struct kretprobe_instance *call, struct pt_regs *regs)
{
	const struct attribute *attr = (const struct attribute *)regs_get_kernel_argument(regs, 1);
	const char *buf = (const char *)regs_get_kernel_argument(regs, 2);
	struct store *store = (struct store *)call->data;

	store->count = 0;
	if (!strcmp(attr->name, name) && sysfs_streq(buf, text))
		store->count = regs_get_kernel_argument(regs, 3);
	return 0;
}

static int accept(struct kretprobe_instance *call, struct pt_regs *regs)
{
	const struct store *store = (const struct store *)call->data;

	if (store->count && (long)regs_return_value(regs) == -EINVAL)
		regs_set_return_value(regs, store->count);
	return 0;
}

static struct kretprobe probe = {
	.kp.symbol_name = "dev_attr_store",
	.entry_handler = note,
	.handler = accept,
	.data_size = sizeof(struct store),
};

static const struct fault fault = { .retprobes = (struct kretprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
