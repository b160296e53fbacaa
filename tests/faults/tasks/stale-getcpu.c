// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Imitates an architecture port that leaves a wrong number in the register that user space reads
 * its CPU from (TSC_AUX on x86, which a hypervisor also switches): while a CPU is away, threads on
 * one other CPU believe to be on it. The kernel's own getcpu() and per-CPU data are not touched.
 */
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "fault.h"

static unsigned int victim;

static void write_number(void *number)
{
	unsigned int cpu = (unsigned long)number;

	wrmsr(MSR_TSC_AUX, (cpu_to_node(cpu) << 12) | cpu, 0);
}

static void lie(unsigned int cpu)
{
	victim = fault_bystander(cpu);
	smp_call_function_single(victim, write_number, (void *)(unsigned long)cpu, 1);
}

static void tell_truth(unsigned int cpu)
{
	smp_call_function_single(victim, write_number, (void *)(unsigned long)victim, 1);
}

static int setup(void)
{
	return boot_cpu_has(X86_FEATURE_RDPID) || boot_cpu_has(X86_FEATURE_RDTSCP) ? 0 : -ENODEV;
}

static const struct fault fault = { .dead = lie, .coming = tell_truth };

FAULT_MODULE(fault, setup);
