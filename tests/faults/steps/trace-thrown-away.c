// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a trace buffer that is set up anew for a CPU that returns, as if it had none: what the
 * CPU traced before it went is lost.
 */
#include <linux/mutex.h>
#include <linux/ring_buffer.h>

#include "fault.h"

/* The head of the kernel's own, private `struct trace_buffer`: kernel/trace/ring_buffer.c. */
struct buffer_head_part {
	unsigned int flags;
	int cpus;
	atomic_t record_disabled, resizing;
	cpumask_var_t cpumask;
	struct lock_class_key *reader_lock_key;
	struct mutex mutex;
	void **buffers;
	struct hlist_node node;
};

static int prepare(unsigned int cpu, struct hlist_node *node)
{
	void *buffer = container_of(node, struct buffer_head_part, node);

	ring_buffer_reset_cpu(buffer, cpu);
	return 0;
}

static int instead(struct kprobe *probe, struct pt_regs *regs)
{
	if (!fault_is_on(regs_get_kernel_argument(regs, 0)))
		return 0;
	return fault_replace(regs, prepare);
}

static struct kprobe prepare_probe = {
	.symbol_name = "trace_rb_cpu_prepare",
	.pre_handler = instead,
};

static const struct fault fault = { .probes = (struct kprobe *[]){ &prepare_probe, NULL } };

FAULT_MODULE(fault, NULL);
