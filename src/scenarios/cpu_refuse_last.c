// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.refuse-last: the last online CPU must be refused. Only where every CPU has an `online` file:
 * elsewhere the last one cannot be reached, and hotplug/target, which could, is never written.
 */
#include <errno.h>

#include "base/cpulist.h"
#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/refusal.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

static const struct claim refuse_last = {
	.id = "refuse.last-cpu",
	.summary = "The last online CPU is refused with EBUSY, and stays",
	.explain =
		"A box without a CPU is dead. The kernel must see that the CPU is the last one and answer EBUSY, with nothing "
		"torn down. A success, or a CPU that is half way down afterwards, is a failure.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst", "kernel/cpu.c: _cpu_down()"),
	.faults =
		FAULTS("kmod:last-cpu-wrong-errno", "root:last-wrong-errno", "root:last-half-down"),
};

static int probe_every(struct box *box, char **ret_why)
{
	struct cpulist can, online, missing;
	int r = cpu_hotpluggable_read(box, &can);

	if (r == 0)
		r = cpu_online_read(box, &online);
	if (r < 0)
		return r;
	missing = cpulist_minus(&online, &can);
	if (cpulist_count(&missing) == 0 && cpulist_count(&online) > 1)
		return 1;
	if (cpulist_count(&online) < 2)
		*ret_why = text_printf("only cpu %s is online", cpulist_str(&online));
	else
		*ret_why = text_printf(
			"no online file for cpu %s: the last CPU cannot be reached through the files that are meant for it "
			"(cpu0 on x86, unless an old kernel is booted with cpu0_hotplug)",
			cpulist_str(&missing));
	return 0;
}

static const struct need need_every_cpu = {
	.id = "box.every-cpu-hotpluggable",
	.summary = "two online CPUs, and an online file for each of them",
	.probe = probe_every,
};

static int play(struct stage *s)
{
	struct cpulist others = *stage_online(s), off = {};
	int last = cpulist_next(&others, 0), r, back = 0;

	cpulist_del(&others, last);
	cpulist_foreach(cpu, &others) {
		r = act_offline(s, cpu);
		if (!cpu_is_fully_online(stage_box(s), cpu))
			cpulist_add(&off, cpu);
	}
	if (cpulist_equal(&off, &others))
		back = refusal_try(s, last, &refuse_last, true);
	else
		expect_unexercised(s, NULL, &refuse_last, NULL,
				   "not all others could be taken off: \"%s\" of \"%s\"",
				   cpulist_str(&off), cpulist_str(&others));
	cpulist_foreach(cpu, &off) {
		r = act_online(s, cpu);
		back = back < 0 ? back : r;
	}
	return back < 0 ? back : 0;
}

const struct scenario scenario_cpu_refuse_last = {
	.id = "cpu.refuse-last",
	.summary = "The last online CPU is to be taken off, and is refused",
	.explain =
		"All CPUs but the first are taken off; then the first is asked to go. It must be refused with EBUSY and be fully "
		"online afterwards. Then the others come back.",
	.claims = CLAIMS(&refuse_last),
	.needs = NEEDS(&need_root, &need_every_cpu),
	.cost = { 800, 400 },
	.rank = 4,
	.play = play,
};
