// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a CPU whose share of a per-CPU counter is lost when it dies: the used blocks of the
 * scenario's file system, told by its size. To leave out the hand-over is no fault on every kernel:
 * since 6.4 sums go over the CPUs that are off as well (docs/seen.md).
 */
#include <linux/fs.h>
#include <linux/shmem_fs.h>

#include "fault.h"

#define BLOCKS ((64UL << 20) / PAGE_SIZE) /* "64m" of src/scenarios/files/ */

static struct shmem_sb_info *watched; /* asked for by statfs(2), until it is gone */

static int on_statfs(struct kprobe *probe, struct pt_regs *regs)
{
	struct dentry *dentry = (struct dentry *)regs_get_kernel_argument(regs, 0);
	struct shmem_sb_info *info = dentry->d_sb->s_fs_info;

	if (info->max_blocks == BLOCKS)
		WRITE_ONCE(watched, info);
	return 0;
}

static int on_gone(struct kprobe *probe, struct pt_regs *regs)
{
	struct super_block *sb = (struct super_block *)regs_get_kernel_argument(regs, 0);

	if (sb->s_fs_info == READ_ONCE(watched))
		WRITE_ONCE(watched, NULL);
	return 0;
}

static int on_dead(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned int cpu = (unsigned int)regs_get_kernel_argument(regs, 0);
	struct shmem_sb_info *info = READ_ONCE(watched);

	if (info && fault_is_on(cpu))
		*per_cpu_ptr(info->used_blocks.counters, cpu) = 0;
	return 0;
}

static struct kprobe dead = { .symbol_name = "percpu_counter_cpu_dead", .pre_handler = on_dead };
static struct kprobe asked = { .symbol_name = "shmem_statfs", .pre_handler = on_statfs };
static struct kprobe gone = { .symbol_name = "shmem_put_super", .pre_handler = on_gone };

static const struct fault fault = { .probes = (struct kprobe *[]){ &dead, &asked, &gone, NULL } };

FAULT_MODULE(fault, NULL);
