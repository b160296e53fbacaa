// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.fixed: a CPU that has no online file must not leave by hotplug/target either. It never
 * leaves here: a trap at the first step stops a kernel that would let it go, and that the trap
 * holds is tried on a CPU that may leave first. Still only on a box that nobody needs.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define CPU_DIR "sys/devices/system/cpu"

static const struct claim target_refuses_fixed = {
	.id = "input.target-refuses-fixed-cpu",
	.summary = "A CPU without an online file is not taken off by hotplug/target",
	.explain =
		"The kernel gives `cpuN/online` to those CPUs only that may leave; on x86 CPU0 has none. "
		"`cpuN/hotplug/target` is there for all of them, and `target_store()` never looks at `offline_disabled`: "
		"\"0\" takes such a CPU down, and there may be no way to bring it back. A tool that writes to `target` because it "
		"found no `online` loses the box.\n\n"
		"EAGAIN here is our own trap in `hotplug/fail`: the kernel had begun to take the CPU down.",
	.refs = REFS("kernel/cpu.c: target_store()",
		     "Documentation/ABI/testing/sysfs-devices-system-cpu"),
	.faults = FAULTS("root:fixed-cpu-goes"),
};

static int probe_fixed(struct box *box, char **ret_why)
{
	struct cpulist can, online, fixed;
	int state, target, r = cpu_hotpluggable_read(box, &can);

	if (r == 0)
		r = cpu_online_read(box, &online);
	if (r < 0)
		return r;
	fixed = cpulist_minus(&online, &can);
	if (cpulist_count(&fixed) > 0 &&
	    cpu_state_read(box, cpulist_next(&fixed, 0), &state, &target) == 0)
		return 1;
	*ret_why = cpulist_count(&fixed) > 0
			   ? text_printf("this kernel shows no hotplug/state and target")
			   : text_printf("every online CPU (%s) has an online file",
					 cpulist_str(&online));
	return 0;
}

static const struct need need_fixed_cpu = {
	.id = "box.fixed-cpu",
	.summary = "an online CPU that has no online file",
	.probe = probe_fixed,
};

/* The step below "online" is the first on the way down, and has a callback on every kernel that was
 * looked at (sched:active). */
static int set_trap(struct stage *s, int cpu)
{
	_cleanup_free_ char *path = text_printf(CPU_DIR "/cpu%d/hotplug/fail", cpu), *value = NULL,
			    *now = NULL;
	int state, r = cpu_state_online_read(stage_box(s), &state);

	if (r < 0)
		return r;
	value = text_printf("%d", state - 1);
	if (!path || !value)
		return -ENOMEM;
	r = act_play(s,
		     &(struct act_spec){ .verb = ACT_WRITE,
					 .cpu = cpu,
					 .path = path,
					 .value = value,
					 .allow = ACT_ALLOW(0, EINVAL) },
		     NULL);
	if (r == 0)
		r = box_read(stage_box(s), path, &now);
	return r < 0 ? r : strcmp(text_strip(now), value) == 0;
}

static bool is_sprung(struct stage *s, int cpu)
{
	_cleanup_free_ char *now = NULL;

	return box_readf(stage_box(s), &now, CPU_DIR "/cpu%d/hotplug/fail", cpu) == 0 &&
	       strcmp(text_strip(now), "-1") == 0;
}

/* True: a CPU that has the trap set does not leave on this kernel. */
static bool has_trap_held(struct stage *s, int cpu)
{
	struct act_spec spec = { .verb = ACT_OFFLINE, .cpu = cpu, .allow = ACT_ALLOW(EAGAIN, 0) };
	struct act act = {};

	if (set_trap(s, cpu) != 1 || act_play(s, &spec, &act) < 0)
		return false;
	if (act.result == EAGAIN)
		return is_sprung(s, cpu) && cpu_is_fully_online(stage_box(s), cpu);
	/* It left: no callback there. The trap goes with the restore. */
	if (act_online(s, cpu) < 0)
		expect_note(s, "cpu.fixed", NULL, "cpu%d did not come back", cpu);
	return false;
}

static void try_fixed(struct stage *s, int cpu)
{
	_cleanup_free_ char *path = text_printf(CPU_DIR "/cpu%d/hotplug/target", cpu);
	struct act_spec spec = {
		.verb = ACT_WRITE,
		.cpu = cpu,
		.path = path,
		.value = "0",
		.allow = ACT_ALLOW(EPERM, EBUSY, EINVAL, EOPNOTSUPP),
		.claim = &target_refuses_fixed,
	};

	if (!path || set_trap(s, cpu) != 1) {
		expect_unexercised(
			s, NULL, &target_refuses_fixed, NULL,
			"no trap could be set for cpu%d, and without it the CPU could be lost",
			cpu);
		return;
	}
	if (act_play(s, &spec, NULL) < 0)
		return; /* recorded as unmet */
	expect(s, NULL, &target_refuses_fixed, !is_sprung(s, cpu), NULL,
	       "the kernel refused to take cpu%d off before it began", cpu);
}

static int play(struct stage *s)
{
	struct cpulist can, fixed = *stage_online(s), movable;
	int r = stage_can_leave(s, &movable);

	if (r == 0)
		r = cpu_hotpluggable_read(stage_box(s), &can);
	if (r < 0)
		return r;
	fixed = cpulist_minus(&fixed, &can);
	if (has_trap_held(s, cpulist_next(&movable, 0)))
		try_fixed(s, cpulist_next(&fixed, 0));
	else
		expect_unexercised(s, NULL, &target_refuses_fixed, NULL,
				   "a trap in hotplug/fail did not stop cpu%d: not tried on cpu%d",
				   cpulist_next(&movable, 0), cpulist_next(&fixed, 0));
	return 0;
}

const struct scenario scenario_cpu_fixed = {
	.id = "cpu.fixed",
	.summary = "hotplug/target must not take off a CPU that has no online file",
	.explain =
		"A trap (`hotplug/fail`) is set at the first step down and shown to hold on a CPU that may leave. Then \"0\" is "
		"written to the `hotplug/target` of a CPU that has no `online` file. A kernel that begins to take it down "
		"springs the trap, the CPU stays, and the claim fails.",
	.claims = CLAIMS(&target_refuses_fixed),
	.needs = NEEDS(&need_root, &need_expendable, &need_hotpluggable_cpu, &need_fixed_cpu),
	.cost = { 900, 0 },
	.rank = 5,
	.witnesses = GLOBS("uevents", "state", "masks", "kernel-log", "hung"),
	.play = play,
};
