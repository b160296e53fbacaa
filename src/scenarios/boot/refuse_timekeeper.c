// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.refuse-timekeeper: the CPU that keeps the time for those booted with nohz_full= must be
 * refused. Which one that is the kernel tells nobody; where a single CPU is left that may, it is
 * that one.
 */
#include <errno.h>

#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/boot/boot.h"
#include "scenarios/refusal.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define NOHZ_FULL "nohz_full"

static const struct claim timekeeper = {
	.id = "refuse.timekeeper",
	.summary = "The CPU that keeps the time for nohz_full CPUs is refused, unharmed",
	.explain =
		"CPUs that run without a tick rely on another one for the time. If that one may not be replaced, its offline must end with EBUSY. The "
		"refusal comes from a teardown callback, after the scheduler has already given the CPU up: all of that must be taken back.",
	.refs = REFS(
		"Documentation/timers/no_hz.rst", "kernel/time/tick-sched.c: tick_nohz_cpu_down()",
		"commit \"tick/nohz: Fix cpu_is_hotpluggable() by checking with nohz subsystem\""),
	.faults = FAULTS("kmod:timekeeper-wrong-errno"),
};

static int candidates(struct box *box, struct cpulist *ret)
{
	struct cpulist can, left;
	int r = cpu_hotpluggable_read(box, &can);

	if (r == 0)
		r = boot_left(box, NOHZ_FULL, &left);
	if (r == 0)
		*ret = cpulist_and(&left, &can);
	return r;
}

static int probe_nohz_full(struct box *box, char **ret_why)
{
	struct cpulist full = boot_list(box, NOHZ_FULL), keepers;
	int r = candidates(box, &keepers);

	if (r < 0)
		return r;
	if (cpulist_count(&full) > 0 && cpulist_count(&keepers) > 0)
		return 1;
	*ret_why =
		cpulist_count(&full) == 0
			? text_printf(
				  "no CPU is nohz_full: the box was booted without it, or the "
				  "kernel has no CONFIG_NO_HZ_FULL (the machine amd64-4-nohz-full has it)")
			: text_printf(
				  "nohz_full is \"%s\", and none of the others has an online file",
				  cpulist_str(&full));
	return 0;
}

static const struct need need_nohz_full = {
	.id = "box.nohz-full",
	.summary = "nohz_full=, and a hot-pluggable CPU that is not among those",
	.probe = probe_nohz_full,
};

/* 1: refused. */
static int try_one(struct stage *s, int cpu)
{
	struct cpulist left, only = cpulist_of(cpu);
	int r = boot_left(stage_box(s), NOHZ_FULL, &left);

	if (r == 0)
		r = refusal_try(s, cpu, &timekeeper, cpulist_equal(&left, &only));
	if (r != 0 || cpulist_has(stage_online(s), cpu))
		return r;
	if (!cpulist_equal(&left, &only))
		observe(s, NULL, "refuse.not-the-timekeeper", json_pack("{s:i}", "cpu", cpu));
	return act_online(s, cpu);
}

static int play(struct stage *s)
{
	struct cpulist keepers, can, full = boot_list(stage_box(s), NOHZ_FULL);
	int r = candidates(stage_box(s), &keepers), refused = 0;

	if (r == 0)
		r = stage_can_leave(s, &can);
	if (r < 0)
		return r;
	keepers = cpulist_and(&keepers, &can);
	cpulist_foreach(cpu, &keepers) {
		r = try_one(s, cpu);
		if (r < 0)
			return r;
		refused += r;
	}
	if (refused == 0)
		expect_unexercised(s, NULL, &timekeeper, NULL,
				   "none of CPUs \"%s\" kept the time for \"%s\": all went",
				   cpulist_str(&keepers), cpulist_str(&full));
	full = cpulist_and(&full, &can);
	return act_cycle(s, &full);
}

const struct scenario scenario_cpu_refuse_timekeeper = {
	.id = "cpu.refuse-timekeeper",
	.summary = "The CPU that keeps the time for nohz_full CPUs is to be taken off",
	.explain =
		"Each hot-pluggable CPU that is not nohz_full is asked to go. The one that keeps the time must be refused with EBUSY, and work afterwards; "
		"another one goes and comes. Then each nohz_full CPU goes and comes. Needs a box that was booted with `nohz_full=`: "
		"`hotproof lab run amd64-4-nohz-full`.",
	.claims = CLAIMS(&timekeeper),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_nohz_full),
	.cost = { 800, 500 },
	.rank = 38,
	.witnesses = GLOBS("function", "kernel-log", "masks", "state", "steps", "uevents"),
	.play = play,
};
