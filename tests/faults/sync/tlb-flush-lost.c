// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a TLB shootdown that takes the mask of the CPUs to interrupt from the wrong place while
 * one is away: the other CPUs keep what they had cached. Only for threads that are named, and only
 * for single pages, so that nothing but data is read wrongly.
 */
#include "fault_tasks.h"

/* The beginning of the kernel's own struct flush_tlb_info, which modules may not know. */
struct flush_head {
	struct mm_struct *mm;
	unsigned long start, end;
};

static notrace void flush_nobody(const struct cpumask *cpus, const void *info)
{
}

static int on_flush(struct kprobe *probe, struct pt_regs *regs)
{
	const struct flush_head *info =
		(const struct flush_head *)regs_get_kernel_argument(regs, 1);
	unsigned int cpu = fault_cpu();

	if (cpu >= nr_cpu_ids || cpu_online(cpu) || !fault_is_user(current) || !info->mm ||
	    info->end - info->start > PAGE_SIZE)
		return 0;
	return fault_replace(regs, flush_nobody);
}

static struct kprobe probe = {
	.symbol_name = "native_flush_tlb_multi",
	.pre_handler = on_flush,
};

static const struct fault fault = { .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
