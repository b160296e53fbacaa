// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a page that has two owners: what programs called `comm` write to a tmpfs while a CPU is
 * away is another byte once it is in its page, `count` times for each offline.
 */
#include <linux/atomic.h>
#include <linux/mm.h>

#include "fault_tasks.h"

static unsigned int count = 3;
module_param(count, uint, 0444);

static atomic_t done = ATOMIC_INIT(0);

/* The page is the sixth argument, and since 6.12 the folio, which begins with it. */
static int on_write_end(struct kprobe *probe, struct pt_regs *regs)
{
	loff_t at = (loff_t)regs_get_kernel_argument(regs, 2);
	struct page *page = (struct page *)regs_get_kernel_argument(regs, 5);

	if (fault_cpu() < nr_cpu_ids && !cpu_online(fault_cpu()) && fault_is_named(current) &&
	    atomic_inc_return(&done) <= count)
		*((u8 *)page_address(page) + offset_in_page(at)) ^= 0x40;
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "shmem_write_end",
	.pre_handler = on_write_end,
};

static void start(unsigned int cpu)
{
	atomic_set(&done, 0);
}

static const struct fault fault = { .dead = start, .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
