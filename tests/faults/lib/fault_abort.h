// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For faults that begin when a transition was aborted by a trap in cpuN/hotplug/fail, or refused
 * for another cause: tells of each write to cpuN/online that ends with one errno, before the writer
 * gets to know. Not for faults that abort something themselves.
 */
#pragma once

#include "fault.h"

struct fault_abort {
	unsigned int cpu;
	bool is_down;
	int trap;             /* what was armed; -1: nothing */
	struct pt_regs *regs; /* of the return: regs_set_return_value() changes the errno */
};

/* In atomic context; only for the CPU and the nth abort that the parameters choose. */
static void (*fault_aborted)(const struct fault_abort *a);

static unsigned int fault_aborts;

static int fault_errno = EAGAIN;
module_param_named(errno, fault_errno, int, 0444);
MODULE_PARM_DESC(errno, "only writes that end with this");

/* state, target and fail are the first three members of struct cpuhp_cpu_state, which is private to
 * kernel/cpu.c. */
enum { FAULT_HP_STATE, FAULT_HP_TARGET, FAULT_HP_FAIL };

static int __percpu *fault_hp_states;

static inline int *fault_hp(unsigned int cpu, int member)
{
	return per_cpu_ptr(fault_hp_states, cpu) + member;
}

static int fault_abort_entry(struct kretprobe_instance *ri, struct pt_regs *regs, bool is_down)
{
	struct fault_abort *a = (void *)ri->data;
	const struct device *dev = (const struct device *)regs_get_kernel_argument(regs, 0);

	a->cpu = dev->id;
	a->is_down = is_down;
	a->trap = *fault_hp(dev->id, FAULT_HP_FAIL);
	return 0;
}

static int fault_down_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return fault_abort_entry(ri, regs, true);
}

static int fault_up_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return fault_abort_entry(ri, regs, false);
}

static int fault_abort_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct fault_abort *a = (void *)ri->data;

	if ((int)regs_return_value(regs) != -fault_errno)
		return 0;
	if (fault_only_cpu >= 0 && fault_only_cpu != (int)a->cpu)
		return 0;
	if (++fault_aborts != fault_nth && fault_nth)
		return 0;

	pr_info("seeded fault: on for CPU%u, aborted %s %u\n", a->cpu, a->is_down ? "down" : "up",
		fault_aborts);
	a->regs = regs;
	fault_aborted(a);
	return 0;
}

static struct kretprobe fault_down_probe = {
	.kp.symbol_name = "cpu_device_down",
	.entry_handler = fault_down_entry,
	.handler = fault_abort_return,
	.data_size = sizeof(struct fault_abort),
};

static struct kretprobe fault_up_probe = {
	.kp.symbol_name = "cpu_device_up",
	.entry_handler = fault_up_entry,
	.handler = fault_abort_return,
	.data_size = sizeof(struct fault_abort),
};

static struct kretprobe *fault_abort_probes[] = { &fault_down_probe, &fault_up_probe, NULL };

static int fault_abort_setup(void)
{
	fault_hp_states = fault_symbol("cpuhp_state");
	return fault_hp_states ? 0 : -ENOENT;
}
