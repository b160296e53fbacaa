// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.give-back: one CPU goes back to its firmware and comes from there again and again, each time
 * left alone long enough for somebody outside to tell rest from motion. It judges nothing itself.
 */
#include <errno.h>

#include "base/wait.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define ROUNDS 5
#define HOLD_NS (200 * NS_PER_MS)

static int play(struct stage *s)
{
	struct cpulist can;
	int r = stage_can_leave(s, &can), cpu = r == 0 ? cpulist_next(&can, 1) : -1;

	if (r == 0 && cpu < 0)
		cpu = cpulist_next(&can, 0);
	if (cpu < 0)
		return r < 0 ? r : -ENODEV;
	for (int i = 0; i < ROUNDS; i++) {
		r = act_offline(s, cpu);
		if (cpu_is_fully_online(stage_box(s), cpu))
			return 0; /* refused: it is told */
		if (r == 0)
			wait_pause(HOLD_NS);
		r = act_online(s, cpu);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct scenario scenario_cpu_give_back = {
	.id = "cpu.give-back",
	.summary = "One CPU goes to its firmware and returns 5 times, seen from outside",
	.explain =
		"It stays away for 200 ms each time, and only witnesses that leave it alone look on.",
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_lookout),
	.cost = { .base_ms = 3000 },
	.rank = 40,
	.witnesses = GLOBS("firmware", "state", "kernel-log"),
	.play = play,
};
