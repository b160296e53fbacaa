// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CPUs as the kernel's files show them (Documentation/core-api/cpu_hotplug.rst,
 * Documentation/ABI/testing/sysfs-devices-system-cpu). `cpuN/online` is the weakest source:
 * hotplug/state and target come first.
 */
#pragma once

#include "base/cpulist.h"
#include "box/box.h"

struct cpu_masks {
	struct cpulist possible, present, online, offline;
};

/* From sys/devices/system/cpu/{possible,present,online,offline}. */
_must_check_ int cpu_masks_read(struct box *box, struct cpu_masks *ret);

/* Just the online mask, the cheapest read. */
_must_check_ int cpu_online_read(struct box *box, struct cpulist *ret);

/* CPUs with a cpuN/online file: nothing else may ever be taken off (cpu0/hotplug/target works
 * without one, and hurts). */
/* CPUs that are there: "present". */
_must_check_ int cpu_present_read(struct box *box, struct cpulist *ret);
_must_check_ int cpu_hotpluggable_read(struct box *box, struct cpulist *ret);

/* hotplug/state alone, for those who ask for many CPUs. */
_must_check_ int cpu_state_only_read(struct box *box, int cpu, int *ret_state);
/* hotplug/state and hotplug/target; -ENOENT on kernels without them. */
_must_check_ int cpu_state_read(struct box *box, int cpu, int *ret_state, int *ret_target);

/*
 * Whether a CPU that rests in `state` again may show this target, having shown `was_target` before.
 * Not always the same one: the boot CPU of kernels before 6.2 shows target 0 until it is first
 * moved
 * ("cpu/hotplug: Set cpuhp target for boot cpu"), also when that failed and was rolled back.
 */
bool cpu_target_fits(int state, int target, int was_target);

#define CPU_STATE_OFFLINE 0
/* The number of the state called "online" in cpu/hotplug/states: it differs by kernel, never
 * hard-code it. */
_must_check_ int cpu_state_online_read(struct box *box, int *ret_state);

/* What a CPU should be: state and target agree and say so. False on any doubt. */
bool cpu_is_fully_online(struct box *box, int cpu);
bool cpu_is_fully_offline(struct box *box, int cpu);

/* By which number the hardware knows an online CPU: APIC id, MPIDR, hart, address; -1: the kernel
 * does not say. */
int cpu_hardware_id(struct box *box, int cpu);

/*
 * No other online CPU is isolated with `isolcpus=`: isolated ones share the scheduler's default
 * root domain, and this one is alone in it. No legal cause: a fact that a known defect is told by.
 */
bool cpu_is_only_isolated(struct box *box, int cpu);

/* A trap in hotplug/fail can be taken back by writing -1: kernels before 5.13 cannot, and one that
 * is not hit stays for ever. Writes only where none is armed. */
bool cpu_trap_can_be_cleared(struct box *box, int cpu);

/*
 * Why the kernel may legally refuse to move this CPU with this errno (catalogue 2.1): 1 and a
 * sentence with its proof (owned by the caller), or 0 when no legal cause can be shown. `kmsg` is
 * what the kernel logged during the write (may be NULL).
 */
_must_check_ int cpu_explain_refusal(struct box *box, int cpu, int err, const char *kmsg,
				     char **ret_proof);
