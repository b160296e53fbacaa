// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.refuse-isolated: the last CPU that is not isolated must be refused. The box must be booted
 * with isolcpus=, and every CPU that is not isolated must have an `online` file, or the last one
 * cannot be asked.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/boot/boot.h"
#include "scenarios/refusal.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/expect.h"
#include "stage/needs.h"
#include "stage/stage.h"

#define ISOLATED "isolated"

static const struct claim last_housekeeping = {
	.id = "refuse.last-housekeeping",
	.summary = "The last CPU that is not isolated is refused with EBUSY, and stays",
	.explain =
		"CPUs that are isolated with `isolcpus=` are in no scheduling domain. Without one that is not, there is nowhere for the tasks of "
		"the box to be: kernels before 6.1.64 and 6.5.13 built an empty domain and crashed. EBUSY, with nothing torn down, is right.",
	.refs = REFS("Documentation/admin-guide/kernel-parameters.txt: isolcpus=",
		     "commit \"cpu/hotplug: Don't offline the last non-isolated CPU\""),
	.faults = FAULTS("kmod:housekeeping-wrong-errno"),
};

struct cpulist boot_list(struct box *box, const char *name)
{
	_cleanup_free_ char *text = NULL;
	struct cpulist l;

	/* "(null)" is what nohz_full says where it is not in use. */
	if (box_readf(box, &text, "sys/devices/system/cpu/%s", name) < 0 ||
	    cpulist_parse(text, &l) < 0)
		return (struct cpulist){};
	return l;
}

int boot_left(struct box *box, const char *name, struct cpulist *ret)
{
	struct cpulist online, listed = boot_list(box, name);
	int r = cpu_online_read(box, &online);

	if (r == 0)
		*ret = cpulist_minus(&online, &listed);
	return r;
}

static int probe_isolated(struct box *box, char **ret_why)
{
	struct cpulist isolated = boot_list(box, ISOLATED), can, left;
	int r = cpu_hotpluggable_read(box, &can);

	if (r == 0)
		r = boot_left(box, ISOLATED, &left);
	if (r < 0)
		return r;
	if (cpulist_count(&isolated) > 0 && cpulist_count(&left) > 0 &&
	    cpulist_is_subset(&left, &can))
		return 1;
	if (cpulist_count(&isolated) == 0)
		*ret_why = text_printf(
			"no CPU is isolated: the box was booted without isolcpus= (the machine amd64-4-isolated has it)");
	else
		*ret_why = text_printf(
			"of the CPUs that are not isolated (%s) not all have an online file (%s have): the last one cannot be asked to go",
			cpulist_str(&left), cpulist_str(&can));
	return 0;
}

static const struct need need_isolated = {
	.id = "box.isolated-cpus",
	.summary = "isolcpus=, and an online file for each CPU that is not isolated",
	.probe = probe_isolated,
};

static int play(struct stage *s)
{
	struct cpulist others, off = {}, can, isolated = boot_list(stage_box(s), ISOLATED);
	int r = boot_left(stage_box(s), ISOLATED, &others), last;

	if (r == 0)
		r = stage_can_leave(s, &can);
	if (r < 0)
		return r;
	isolated = cpulist_and(&isolated, &can);
	if (!cpulist_is_subset(&others, &can)) {
		expect_unexercised(
			s, NULL, &last_housekeeping, NULL,
			"CPUs \"%s\" would have to be asked, and only \"%s\" were chosen",
			cpulist_str(&others), cpulist_str(&can));
		return act_cycle(s, &isolated);
	}
	last = cpulist_next(&others, 0);
	cpulist_del(&others, last);
	cpulist_foreach(cpu, &others)
		if (act_offline(s, cpu) == 0 && !cpulist_has(stage_online(s), cpu))
			cpulist_add(&off, cpu);
	if (cpulist_equal(&off, &others))
		r = refusal_try(s, last, &last_housekeeping, true);
	else
		expect_unexercised(s, NULL, &last_housekeeping, NULL,
				   "not all others that are not isolated went: \"%s\" of \"%s\"",
				   cpulist_str(&off), cpulist_str(&others));
	/* One that went all the same has to come back before anything else. */
	if (!cpulist_has(stage_online(s), last))
		cpulist_add(&off, last);
	cpulist_foreach(cpu, &off) {
		int back = act_online(s, cpu);

		r = r < 0 ? r : back;
	}
	return r < 0 ? r : act_cycle(s, &isolated);
}

const struct scenario scenario_cpu_refuse_isolated = {
	.id = "cpu.refuse-isolated",
	.summary = "The last CPU that is not isolated is to be taken off, and is refused",
	.explain =
		"All CPUs that are not isolated but the first are taken off; then the first is asked to go, must be refused with EBUSY, and must work "
		"afterwards. Then the others come back, and each isolated CPU goes and comes. Needs a box that was booted with `isolcpus=`: "
		"`hotproof lab run amd64-4-isolated`.",
	.claims = CLAIMS(&last_housekeeping),
	.needs = NEEDS(&need_root, &need_hotpluggable_cpu, &need_real_box, &need_isolated,
		       &need_expendable),
	.cost = { 800, 500 },
	.rank = 38,
	.witnesses = GLOBS("function", "kernel-log", "masks", "state", "steps", "uevents"),
	.play = play,
};
