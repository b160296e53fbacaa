// SPDX-License-Identifier: GPL-2.0-or-later
/* cpu.cycle: every hot-pluggable CPU off and on again, one after the other. What must hold
 * meanwhile is the witnesses' business. */
#include "base/cpulist.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/needs.h"
#include "stage/stage.h"

static int play(struct stage *s)
{
	struct cpulist cpus;
	int r = stage_can_leave(s, &cpus);

	return r < 0 ? r : act_cycle(s, &cpus);
}

const struct scenario scenario_cpu_cycle = {
	.id = "cpu.cycle",
	.summary = "Every hot-pluggable CPU goes offline and comes back, one after the other",
	.explain =
		"The plain promise of CPU hotplug. Each CPU that has an `online` file and is online is taken off "
		"and brought back once, in ascending order; at most one is off at a time.",
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu),
	.cost = { 800, 500 },
	.rank = 1,
	.play = play,
};
