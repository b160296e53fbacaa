// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an interrupt controller driver that moves an interrupt and forgets to write down where
 * to: it is delivered on a living CPU, yet effective_affinity names the dead one. Only what /proc
 * shows is wrong.
 */
#include "fault_irqs.h"

static DECLARE_BITMAP(stale, FAULT_IRQS_MAX);
static unsigned int home;

static int note(unsigned int cpu)
{
	unsigned int irq;

	fault_irqs_find(stale, cpu, false);
	home = cpu;
	/* An interrupt that was asked for by name is shown there wherever it was: its port never
	 * wrote it down at all. */
	for (irq = 0; *fault_irq_name && irq < FAULT_IRQS_MAX; irq++)
		if (fault_irq_is_named(fault_irq_desc(irq)))
			__set_bit(irq, stale);
	return 0;
}

static void forget(unsigned int cpu)
{
	bitmap_zero(stale, FAULT_IRQS_MAX);
}

struct show {
	struct seq_file *file;
	size_t start;
};

static int note_file(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct show *show = (struct show *)call->data;

	show->file = (struct seq_file *)regs_get_kernel_argument(regs, 0);
	show->start = show->file->count;
	return 0;
}

static bool is_stale(const struct seq_file *file)
{
	unsigned long irq = (unsigned long)file->private;

	return irq < FAULT_IRQS_MAX && test_bit(irq, stale) && !cpu_online(home);
}

static int show_list(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct show *show = (struct show *)call->data;

	if (is_stale(show->file)) {
		show->file->count = show->start;
		seq_printf(show->file, "%u\n", home);
	}
	return 0;
}

static int show_mask(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct show *show = (struct show *)call->data;

	if (is_stale(show->file)) {
		show->file->count = show->start;
		seq_printf(show->file, "%*pb\n", cpumask_pr_args(cpumask_of(home)));
	}
	return 0;
}

static struct kretprobe list = {
	.kp.symbol_name = "irq_effective_aff_list_proc_show",
	.entry_handler = note_file,
	.handler = show_list,
	.data_size = sizeof(struct show),
};

static struct kretprobe mask = {
	.kp.symbol_name = "irq_effective_aff_proc_show",
	.entry_handler = note_file,
	.handler = show_mask,
	.data_size = sizeof(struct show),
};

static const struct fault fault = {
	.leaving = note,
	.coming = forget,
	.retprobes = (struct kretprobe *[]){ &list, &mask, NULL },
};

FAULT_MODULE(fault, NULL);
