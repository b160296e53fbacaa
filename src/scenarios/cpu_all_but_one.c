// SPDX-License-Identifier: GPL-2.0-or-later
/* cpu.all-but-one: every hot-pluggable CPU off, until one is left, then all back. What one CPU
 * alone must bear is the witnesses' business. */
#include "base/cpulist.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/needs.h"
#include "stage/stage.h"

static int play(struct stage *s)
{
	struct cpulist can, off = {};
	int r = stage_can_leave(s, &can), back = 0;

	if (r < 0)
		return r;
	/* Where every CPU can leave, the first stays: refusing the last one is another scenario. */
	if (cpulist_equal(&can, stage_online(s)))
		cpulist_del(&can, cpulist_next(&can, 0));
	cpulist_foreach(cpu, &can) {
		r = act_offline(s, cpu);
		if (!cpu_is_fully_online(stage_box(s), cpu))
			cpulist_add(&off, cpu);
	}
	/* In the order in which they left, so that the first to return meets a box of one CPU. All
	 * are tried, whatever becomes of one. */
	cpulist_foreach(cpu, &off) {
		r = act_online(s, cpu);
		back = back < 0 ? back : r;
	}
	return back;
}

const struct scenario scenario_cpu_all_but_one = {
	.id = "cpu.all-but-one",
	.summary = "All CPUs but one go offline, then all come back",
	.explain =
		"Every hot-pluggable CPU is taken off in ascending order while the others are still away, until a single CPU "
		"carries everything: all interrupts, all timers, all tasks. Then they come back in the same order.",
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu),
	.cost = { 800, 500 },
	.rank = 3,
	.play = play,
};
