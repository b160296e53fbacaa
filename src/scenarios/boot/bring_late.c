// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.bring-late: CPUs that the boot left out (maxcpus=) come for the first time, go, and come
 * again. Where all are online from the start there is nothing to do.
 */
#include <errno.h>

#include "base/text.h"
#include "box/cpu.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "stage/needs.h"
#include "stage/stage.h"

/* Present, off, and with a file to bring them. */
static int find_late(struct box *box, struct cpulist *ret)
{
	struct cpu_masks masks;
	struct cpulist can;
	int r = cpu_masks_read(box, &masks);

	if (r == 0)
		r = cpu_hotpluggable_read(box, &can);
	if (r < 0)
		return r;
	can = cpulist_and(&can, &masks.present);
	*ret = cpulist_minus(&can, &masks.online);
	return 0;
}

static int probe_late(struct box *box, char **ret_why)
{
	_cleanup_free_ char *smt = NULL;
	struct cpulist late;
	int r = find_late(box, &late);

	if (r < 0)
		return r;
	if (cpulist_count(&late) == 0) {
		*ret_why = text_printf(
			"every present CPU is online: the box was booted without maxcpus=");
		return 0;
	}
	if (box_readf(box, &smt, "sys/devices/system/cpu/smt/control") == 0 &&
	    (text_starts(smt, "off") || text_starts(smt, "forceoff"))) {
		*ret_why = text_printf("smt/control is \"%s\": CPU %s may not come", smt,
				       cpulist_str(&late));
		return 0;
	}
	return 1;
}

static const struct need need_late = {
	.id = "box.cpus-left-out",
	.summary = "a present CPU that is off from the start (maxcpus=)",
	.probe = probe_late,
};

static int play(struct stage *s)
{
	struct cpulist late;
	int r = find_late(stage_box(s), &late);

	if (r < 0)
		return r;
	cpulist_foreach(cpu, &late)
		for (int i = 0; i < 2; i++) {
			r = act_online(s, cpu);
			if (r == 0)
				r = act_offline(s, cpu); /* as it was found */
			if (r < 0)
				return r;
		}
	return 0;
}

const struct scenario scenario_cpu_bring_late = {
	.id = "cpu.bring-late",
	.summary = "CPUs that the boot left out come for the first time, and go again",
	.explain =
		"With `maxcpus=` the kernel starts some CPUs only, and the others are brought by whoever wants them: what is set up for each CPU at boot "
		"must be made up for then. Each goes again, since it was off, and comes and goes once more. Needs a box that was booted so: "
		"`hotproof lab run -a maxcpus=2`.",
	.needs = NEEDS(&need_root, &need_late),
	.cost = { 800, 1000 },
	.rank = 38,
	.play = play,
};
