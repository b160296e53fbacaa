// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is the CPU where the kernel says it is? hotplug/state and target of the one CPU. Whether all
 * sources name the same CPUs is masks.c.
 */
#include <errno.h>
#include <stdlib.h>

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

/* Which of the two directions were judged. */
struct directions {
	bool off, on;
};

static int plant(struct stage *s, void **ret_state)
{
	*ret_state = calloc(1, sizeof(struct directions));
	return *ret_state ? 0 : -ENOMEM;
}

static void judge_off(struct stage *s, const struct act *act)
{
	expect(s, act, &offline_reached,
	       act->state == CPU_STATE_OFFLINE && act->target == CPU_STATE_OFFLINE,
	       json_pack("{s:i, s:i}", "state", act->state, "target", act->target),
	       "cpu%d is at state %d with target %d; offline is %d", act->cpu, act->state,
	       act->target, CPU_STATE_OFFLINE);
}

static int judge_on(struct stage *s, const struct act *act)
{
	int online, r = cpu_state_online_read(stage_box(s), &online);

	if (r < 0)
		return r;
	expect(s, act, &online_reached, act->state == online && act->target == online,
	       json_pack("{s:i, s:i, s:i}", "state", act->state, "target", act->target, "online",
			 online),
	       "cpu%d is at state %d with target %d; online is %d", act->cpu, act->state,
	       act->target, online);
	return 0;
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct directions *judged = state;

	if (act->verb == ACT_WRITE || act->result != 0 || act->is_noop || act->state < 0)
		return 0;
	if (act->verb == ACT_OFFLINE) {
		judged->off = true;
		judge_off(s, act);
		return 0;
	}
	judged->on = true;
	return judge_on(s, act);
}

static int uproot(struct stage *s, void *state)
{
	struct directions *judged = state;

	if (!judged->off)
		expect_unexercised(
			s, NULL, &offline_reached, NULL,
			"no CPU was taken off in this scenario, or there is no hotplug/state");
	if (!judged->on)
		expect_unexercised(
			s, NULL, &online_reached, NULL,
			"no CPU was brought back in this scenario, or there is no hotplug/state");
	free(judged);
	return 0;
}

const struct witness witness_state = {
	.id = "state",
	.summary = "hotplug/state and target of the CPU",
	.explain = "Reads both files after each act that the kernel said was done.",
	.keeps_pace = true,
	.claims = CLAIMS(&offline_reached, &online_reached),
	.plant = plant,
	.after = after,
	.uproot = uproot,
};
