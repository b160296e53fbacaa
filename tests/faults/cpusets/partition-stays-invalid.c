// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates "cgroup/cpuset: Fix a partition error with CPU hotplug": a partition whose CPU is back
 * stays invalid. It lies at the last step, in the file: a partition that really stays invalid could
 * not be undone from here.
 */
#include <linux/seq_file.h>
#include <linux/string.h>

#include "fault.h"

static bool is_lying;

static int note_file(struct kretprobe_instance *call, struct pt_regs *regs)
{
	*(struct seq_file **)call->data = (struct seq_file *)regs_get_kernel_argument(regs, 0);
	return 0;
}

static int add_invalid(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct seq_file *file = *(struct seq_file **)call->data;

	if (!is_lying || file->count >= file->size || file->count == 0)
		return 0;
	if ((file->count == 5 && !memcmp(file->buf, "root\n", 5)) ||
	    (file->count == 9 && !memcmp(file->buf, "isolated\n", 9))) {
		file->count--;
		seq_puts(file, " invalid (Parent unable to distribute cpu downstream)\n");
	}
	return 0;
}

static void truth(unsigned int cpu)
{
	is_lying = false;
}

static int lie(unsigned int cpu)
{
	is_lying = true;
	return 0;
}

static struct kretprobe probe = {
	.entry_handler = note_file,
	.handler = add_invalid,
	.data_size = sizeof(struct seq_file *),
};

/* Renamed in 6.12. */
static int setup(void)
{
	probe.kp.symbol_name = fault_symbol("cpuset_partition_show") ? "cpuset_partition_show"
								     : "sched_partition_show";
	return 0;
}

static const struct fault fault = {
	.before = truth,
	.back = lie,
	.retprobes = (struct kretprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, setup);
