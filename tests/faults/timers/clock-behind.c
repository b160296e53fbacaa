// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates a clock whose offset one CPU did not take over when another one left: CLOCK_MONOTONIC,
 * asked by a system call, is `us` behind on one surviving CPU until the leaver returns. The clock
 * without a system call (vDSO) is right.
 */
#include <linux/math64.h>
#include <linux/time64.h>

#include "fault.h"

static unsigned int us = 2000;
module_param(us, uint, 0444);

static unsigned int victim = UINT_MAX;

static int note_result(struct kretprobe_instance *call, struct pt_regs *regs)
{
	*(struct timespec64 **)call->data = (struct timespec64 *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static int set_back(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct timespec64 *time = *(struct timespec64 **)call->data;

	if (raw_smp_processor_id() == victim)
		set_normalized_timespec64(time, time->tv_sec,
					  (s64)time->tv_nsec - us * NSEC_PER_USEC);
	return 0;
}

static void start(unsigned int cpu)
{
	victim = fault_bystander(cpu);
}

static void stop(unsigned int cpu)
{
	victim = UINT_MAX;
}

static struct kretprobe probe = {
	.kp.symbol_name = "posix_get_monotonic_timespec",
	.entry_handler = note_result,
	.handler = set_back,
	.data_size = sizeof(struct timespec64 *),
};

static const struct fault fault = {
	.dead = start,
	.coming = stop,
	.retprobes = (struct kretprobe *[]){ &probe, NULL },
};

FAULT_MODULE(fault, NULL);
