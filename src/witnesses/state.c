// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is the CPU where the kernel says it is? hotplug/state and target of the one CPU. Whether all
 * sources name the same CPUs is masks.c.
 */
#include "box/cpu.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

static const struct claim offline_reached = {
	.id = "state.offline-reached",
	.summary = "hotplug/state and target say offline once the CPU was taken off",
	.explain =
		"`write()` returning success is no proof that a CPU went away: `cpuN/hotplug/state` and `target` are the "
		"strongest word of the kernel. A failure means that the state machine stopped half way, or that "
		"somebody brought the CPU back at once.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:failed-offline-looks-done", "root:state-stuck"),
};

static const struct claim online_reached = {
	.id = "state.online-reached",
	.summary = "hotplug/state and target say online once the CPU was brought back",
	.explain =
		"The number of the state \"online\" differs by kernel and is read from `cpu/hotplug/states`. A failure means that the "
		"CPU stopped half way up: it may run tasks and still miss some of its services.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("kmod:bring-up-stops-short", "root:state-half-up"),
};

static int after(struct stage *s, void *state, const struct act *act)
{
	int online, r;

	if (act->verb == ACT_WRITE || act->result != 0 || act->is_noop)
		return 0;
	if (act->state < 0) {
		expect_unexercised(
			s, act, act->verb == ACT_OFFLINE ? &offline_reached : &online_reached, NULL,
			"cpu%d has no hotplug/state: CONFIG_HOTPLUG_CPU without sysfs state files",
			act->cpu);
		return 0;
	}
	if (act->verb == ACT_OFFLINE) {
		expect(s, act, &offline_reached,
		       act->state == CPU_STATE_OFFLINE && act->target == CPU_STATE_OFFLINE,
		       json_pack("{s:i, s:i}", "state", act->state, "target", act->target),
		       "cpu%d is at state %d with target %d; offline is %d", act->cpu, act->state,
		       act->target, CPU_STATE_OFFLINE);
		return 0;
	}
	r = cpu_state_online_read(stage_box(s), &online);
	if (r < 0)
		return r;
	expect(s, act, &online_reached, act->state == online && act->target == online,
	       json_pack("{s:i, s:i, s:i}", "state", act->state, "target", act->target, "online",
			 online),
	       "cpu%d is at state %d with target %d; online is %d", act->cpu, act->state,
	       act->target, online);
	return 0;
}

const struct witness witness_state = {
	.id = "state",
	.summary = "hotplug/state and target of the CPU",
	.explain = "Reads both files after each act that the kernel said was done.",
	.claims = CLAIMS(&offline_reached, &online_reached),
	.after = after,
};
