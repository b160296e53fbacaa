// SPDX-License-Identifier: GPL-2.0-or-later
/* Takes another CPU off and back after an offline was aborted. One is enough: what is left behind
 * is left for all. */
#include "scenarios/rollback/neighbour.h"

#include "stage/expect.h"

const struct claim neighbour_claim = {
	.id = "rollback.neighbour",
	.summary = "Another CPU can go and come after an offline was aborted",
	.explain =
		"What an aborted offline leaves behind may hit others: a CPU that still counted as dying took no tasks, and the next CPU to go "
		"looked for ever for a place for its own (April 2021). So another CPU is taken off and brought back after an aborted offline; in "
		"a sweep after the first one of each CPU and after one in `sched:active`.",
	.refs = REFS("commit \"sched: Use cpu_dying() to fix balance_push vs hotplug-rollback\"",
		     "Message-ID 20210420165340.GA231208@e120877-lin.cambridge.arm.com"),
	.faults = FAULTS("kmod:abort-blocks-others"),
};

int neighbour_cycle(struct trap *t)
{
	struct act_spec spec = { .verb = ACT_OFFLINE,
				 .allow = ACT_ALLOW(0),
				 .claim = &neighbour_claim };
	struct cpulist can;
	struct act act = {};
	int r = stage_can_leave(t->stage, &can);

	if (r < 0)
		return r;
	cpulist_del(&can, t->cpu);
	spec.cpu = cpulist_next(&can, t->cpu);
	if (spec.cpu < 0)
		spec.cpu = cpulist_next(&can, 0);
	if (spec.cpu < 0) {
		expect_unexercised(t->stage, NULL, &neighbour_claim, NULL,
				   "no other CPU than cpu%d may leave", t->cpu);
		return 0;
	}
	r = act_play(t->stage, &spec, &act);
	if (act.id == 0)
		return r;
	if (cpulist_has(stage_online(t->stage), spec.cpu))
		return 0; /* refused: it is recorded, and there is nothing to put back */
	spec.verb = ACT_ONLINE;
	return act_play(t->stage, &spec, NULL);
}
