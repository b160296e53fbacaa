// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a hardware queue that is given up with its CPU: while one is away `count` writes fail
 * (`how`=fail), or one byte of what is written is another one (`how`=spoil). Only of the process
 * called hp-io, by its own blocks.
 */
#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/string.h>

#include "fault.h"

static char *how = "fail";
module_param(how, charp, 0444);
static unsigned int count = 2;
module_param(count, uint, 0444);

static atomic_t done = ATOMIC_INIT(0);

static void end_badly(struct bio *bio)
{
	bio->bi_status = BLK_STS_IOERR;
	bio_endio(bio);
}

static int on_submit(struct kprobe *probe, struct pt_regs *regs)
{
	struct bio *bio = (struct bio *)regs_get_kernel_argument(regs, 0);
	unsigned int dead = fault_cpu();
	u8 *page;

	if (dead >= nr_cpu_ids || cpu_online(dead) || bio_op(bio) != REQ_OP_WRITE ||
	    strcmp(current->comm, "hp-io") || atomic_inc_return(&done) > count)
		return 0;
	if (!strcmp(how, "fail"))
		return fault_replace(regs, end_badly);
	page = kmap_local_page(bio_page(bio));
	page[bio_offset(bio)] ^= 0x40;
	kunmap_local(page);
	return 0;
}

static struct kprobe probe = { .symbol_name = "submit_bio_noacct", .pre_handler = on_submit };

static void start(unsigned int cpu)
{
	atomic_set(&done, 0);
}

static const struct fault fault = { .dead = start, .probes = (struct kprobe *[]){ &probe, NULL } };

FAULT_MODULE(fault, NULL);
