// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an architecture port that leaves a wrong number in the register that the vDSO reads the
 * CPU from (TSC_AUX on x86, which hypervisors switch too): while a CPU is away, threads on one
 * other CPU believe to be on it. rseq, the system call and per-CPU data are right.
 */
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "fault.h"

static unsigned int victim = UINT_MAX, told;

static void write_number(void *number)
{
	unsigned int cpu = (unsigned long)number;

	wrmsr(MSR_TSC_AUX, (cpu_to_node(cpu) << 12) | cpu, 0);
}

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
	return boot_cpu_has(X86_FEATURE_RDPID) ? 0 : -ENODEV;
}

static const struct fault fault = { .dead = lie, .coming = tell_truth };

FAULT_MODULE(fault, setup);
