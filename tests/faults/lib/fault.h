// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What every seeded fault shares: it is a kernel module that behaves until a CPU is taken away,
 * then does one thing wrong while that CPU goes, is gone, or comes back. A fault fills in a `struct
 * fault` and ends with FAULT_MODULE(). It is no framework for anything else, and nothing of it
 * belongs on a box that somebody needs.
 */
#pragma once

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>

/* Each callback is called only for an offline that the parameters choose, and for the return that
 * follows it. */
struct fault {
	/* In the writer of "offline", before anything happened. Must not sleep. */
	void (*before)(unsigned int cpu);
	/* On the CPU, while it is going; may sleep, may refuse with -errno. */
	int (*leaving)(unsigned int cpu);
	/* On another CPU, once this one is dead; may sleep. */
	void (*dead)(unsigned int cpu);
	/* On another CPU, before this one starts again; may sleep. */
	void (*coming)(unsigned int cpu);
	/* On the CPU, which is online again and not yet open to tasks; may sleep, may refuse with
	 * -errno. */
	int (*back)(unsigned int cpu);
	/* Both end with NULL. Handlers run always: they ask fault_is_on() themselves. */
	struct kprobe **probes;
	struct kretprobe **retprobes;
};

static int fault_only_cpu = -1;
module_param_named(cpu, fault_only_cpu, int, 0444);
MODULE_PARM_DESC(cpu, "only when this CPU goes (-1: any)");

static unsigned int fault_nth;
module_param_named(nth, fault_nth, uint, 0444);
MODULE_PARM_DESC(nth, "only the nth offline of each CPU (0: every one)");

static const struct fault *fault_ops;
static DEFINE_PER_CPU(unsigned int, fault_count);
static struct cpumask fault_counted; /* this offline has been counted */
static struct cpumask fault_chosen;  /* and it is one to spoil */
static int fault_online_state = -1, fault_prepare_state = -1;

static inline bool fault_is_on(unsigned int cpu)
{
	return cpumask_test_cpu(cpu, &fault_chosen);
}

/* The first CPU that the fault is on for, or nr_cpu_ids. */
static inline unsigned int fault_cpu(void)
{
	return cpumask_first(&fault_chosen);
}

/* An online CPU other than this one and, while there is a choice, other than 0: the bystander to
 * hurt. */
static inline unsigned int fault_bystander(unsigned int cpu)
{
	unsigned int other, found = cpumask_first(cpu_online_mask);

	for_each_online_cpu(other)
		if (other != cpu)
			found = other;
	return found;
}

static bool fault_begin(unsigned int cpu)
{
	if (cpumask_test_and_set_cpu(cpu, &fault_counted))
		return fault_is_on(cpu);

	per_cpu(fault_count, cpu)++;
	if (fault_only_cpu >= 0 && fault_only_cpu != (int)cpu)
		return false;
	if (fault_nth && fault_nth != per_cpu(fault_count, cpu))
		return false;

	cpumask_set_cpu(cpu, &fault_chosen);
	pr_info("seeded fault: on for CPU%u, offline %u of it\n", cpu, per_cpu(fault_count, cpu));
	return true;
}

static void fault_end(unsigned int cpu)
{
	cpumask_clear_cpu(cpu, &fault_chosen);
	cpumask_clear_cpu(cpu, &fault_counted);
}

static int fault_before(struct kprobe *probe, struct pt_regs *regs)
{
	const struct device *dev = (const struct device *)regs_get_kernel_argument(regs, 0);

	if (fault_begin(dev->id))
		fault_ops->before(dev->id);
	return 0;
}

static int fault_leaving(unsigned int cpu)
{
	int r;

	if (!fault_begin(cpu) || !fault_ops->leaving)
		return 0;

	r = fault_ops->leaving(cpu);
	if (r < 0)
		fault_end(cpu);
	return r;
}

static int fault_dead(unsigned int cpu)
{
	if (fault_is_on(cpu) && fault_ops->dead)
		fault_ops->dead(cpu);
	return 0;
}

static int fault_coming(unsigned int cpu)
{
	if (fault_is_on(cpu) && fault_ops->coming)
		fault_ops->coming(cpu);
	return 0;
}

static int fault_back(unsigned int cpu)
{
	int r = 0;

	if (fault_is_on(cpu) && fault_ops->back)
		r = fault_ops->back(cpu);
	if (r < 0)
		return r;
	fault_end(cpu);
	return 0;
}

static int fault_nothing(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

static void fault_no_jump(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe fault_before_probe = {
	.symbol_name = "cpu_device_down",
	.pre_handler = fault_before,
};

/* The address of a symbol that is not exported, or NULL. */
static inline void *fault_symbol(const char *name)
{
	struct kprobe finder = { .symbol_name = "kallsyms_lookup_name",
				 .pre_handler = fault_nothing };
	unsigned long (*lookup)(const char *name);

	if (register_kprobe(&finder) < 0)
		return NULL;
	lookup = (void *)finder.addr;
	unregister_kprobe(&finder);
	return (void *)lookup(name);
}

/*
 * Makes the probed function not happen: `instead`, of the same type, is called in its place. For
 * the end of a pre_handler: `return fault_replace(regs, instead);`.
 */
static inline int fault_replace(struct pt_regs *regs, void *instead)
{
	regs->ip = (unsigned long)instead;
	return 1;
}

static void fault_unhook(void)
{
	struct kprobe **probe;
	struct kretprobe **retprobe;

	for (probe = fault_ops->probes; probe && *probe; probe++)
		if ((*probe)->addr)
			unregister_kprobe(*probe);
	for (retprobe = fault_ops->retprobes; retprobe && *retprobe; retprobe++)
		if ((*retprobe)->kp.addr)
			unregister_kretprobe(*retprobe);
	if (fault_before_probe.addr)
		unregister_kprobe(&fault_before_probe);
}

static int fault_hook(void)
{
	struct kprobe **probe;
	struct kretprobe **retprobe;
	int r = 0;

	for (probe = fault_ops->probes; probe && *probe && r >= 0; probe++) {
		/* An optimised probe ignores a changed instruction pointer; one with a post_handler
		 * is never optimised. */
		(*probe)->post_handler = fault_no_jump;
		r = register_kprobe(*probe);
		if (r < 0)
			pr_err("seeded fault: cannot probe '%s': %d\n", (*probe)->symbol_name, r);
	}
	for (retprobe = fault_ops->retprobes; retprobe && *retprobe && r >= 0; retprobe++) {
		(*retprobe)->maxactive = 64;
		r = register_kretprobe(*retprobe);
		if (r < 0)
			pr_err("seeded fault: cannot probe '%s': %d\n", (*retprobe)->kp.symbol_name,
			       r);
	}
	if (fault_ops->before && r >= 0)
		r = register_kprobe(&fault_before_probe);
	return r;
}

static void fault_stop(void)
{
	if (fault_online_state >= 0)
		cpuhp_remove_state_nocalls(fault_online_state);
	if (fault_prepare_state >= 0)
		cpuhp_remove_state_nocalls(fault_prepare_state);
	fault_unhook();
}

static int __init fault_start(const struct fault *ops)
{
	int r;

	fault_ops = ops;
	r = fault_hook();
	if (r < 0) {
		fault_unhook();
		return r;
	}
	r = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "fault:prepare", fault_coming,
				      fault_dead);
	if (r >= 0) {
		fault_prepare_state = r;
		r = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "fault:online", fault_back,
					      fault_leaving);
	}
	if (r < 0) {
		fault_stop();
		return r;
	}
	fault_online_state = r;
	return 0;
}

/* Closes every fault's file; `setup` is an int function (void) run first, or NULL. */
#define FAULT_MODULE(ops, setup)                                             \
	static int __init fault_init(void)                                   \
	{                                                                    \
		int (*first)(void) = setup;                                  \
		int r = first ? first() : 0;                                 \
                                                                             \
		return r < 0 ? r : fault_start(&(ops));                      \
	}                                                                    \
	static void __exit fault_exit(void)                                  \
	{                                                                    \
		fault_stop();                                                \
	}                                                                    \
	module_init(fault_init);                                             \
	module_exit(fault_exit);                                             \
	MODULE_DESCRIPTION("a seeded fault: a test wants to see it caught"); \
	MODULE_LICENSE("GPL")
