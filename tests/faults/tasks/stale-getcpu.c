// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an architecture port that leaves a wrong number where user space is told its CPU: while
 * a CPU is away, threads on one other CPU believe to be on it, whichever way they ask (TSC_AUX for
 * the vDSO, which a hypervisor also switches; rseq; the system call). Per-CPU data are not touched.
 */
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <linux/uaccess.h>

#include "fault.h"

static unsigned int victim = UINT_MAX;
static u32 told;

static void write_number(void *number)
{
	unsigned int cpu = (unsigned long)number;

	wrmsr(MSR_TSC_AUX, (cpu_to_node(cpu) << 12) | cpu, 0);
}

static int note_answer(struct kretprobe_instance *call, struct pt_regs *regs)
{
	const struct pt_regs *user = (const struct pt_regs *)regs_get_kernel_argument(regs, 0);

	*(void **)call->data = (void *)user->di;
	return 0;
}

static int lie_in_answer(struct kretprobe_instance *call, struct pt_regs *regs)
{
	void __user *answer = *(void __user **)call->data;

	if (raw_smp_processor_id() == victim && answer)
		copy_to_user_nofault(answer, &told, sizeof(told));
	return 0;
}

/* The thread's rseq area begins with cpu_id_start and cpu_id. */
static int lie_in_rseq(struct kretprobe_instance *call, struct pt_regs *regs)
{
	u32 both[2] = { told, told };

	if (raw_smp_processor_id() == victim && current->mm && current->rseq)
		copy_to_user_nofault(current->rseq, both, sizeof(both));
	return 0;
}

static struct kretprobe getcpu = {
	.kp.symbol_name = "__x64_sys_getcpu",
	.entry_handler = note_answer,
	.handler = lie_in_answer,
	.data_size = sizeof(void *),
};

static struct kretprobe rseq = {
	.kp.symbol_name = "__rseq_handle_notify_resume",
	.handler = lie_in_rseq,
};

static void lie(unsigned int cpu)
{
	if (victim < nr_cpu_ids)
		return;
	told = cpu;
	victim = fault_bystander(cpu);
	smp_call_function_single(victim, write_number, (void *)(unsigned long)cpu, 1);
}

static void tell_truth(unsigned int cpu)
{
	unsigned int liar = victim;

	if (told != cpu || liar >= nr_cpu_ids)
		return;
	victim = UINT_MAX;
	/* If the liar went itself meanwhile, its own return writes the right number. */
	smp_call_function_single(liar, write_number, (void *)(unsigned long)liar, 1);
}

static int setup(void)
{
	return boot_cpu_has(X86_FEATURE_RDPID) || boot_cpu_has(X86_FEATURE_RDTSCP) ? 0 : -ENODEV;
}

static const struct fault fault = {
	.dead = lie,
	.coming = tell_truth,
	.retprobes = (struct kretprobe *[]){ &getcpu, &rseq, NULL },
};

FAULT_MODULE(fault, setup);
