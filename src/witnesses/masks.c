// SPDX-License-Identifier: GPL-2.0-or-later
/* Do all sources name the same online CPUs after every act? The sources themselves are read in
 * box/sources.c. */
#include "base/wait.h"
#include "box/sources.h"
#include "stage/expect.h"
#include "stage/stage.h"
#include "witnesses/witnesses.h"

/* Node lists are updated by a callback and readers are not atomic over files: they may agree a
 * little later, but must. */
#define AGREE_NS (2 * NS_PER_S)

static const struct claim sources_agree_claim = {
	.id = "state.sources-agree",
	.summary = "Six sources in /sys and /proc name the same online CPUs",
	.explain =
		"Programs count CPUs in many places: `cpu/online`, the rows of `/proc/stat`, the header of `/proc/interrupts`, "
		"`/proc/cpuinfo`, the nodes' `cpulist`, `sysconf()`. When one of them is wrong after a CPU came or went, "
		"schedulers, allocators and monitors that use it are wrong too. `hotplug/state` of each CPU decides who is right.",
	.refs = REFS("Documentation/admin-guide/cputopology.rst",
		     "Documentation/filesystems/proc.rst"),
	.faults = FAULTS("kmod:node-map-forgets", "kmod:stat-ghost-row",
			 "kmod:bring-up-stops-short", "root:stale-stat", "root:stale-interrupts",
			 "root:stale-cpuinfo", "root:stale-node"),
};

struct reading {
	struct box *box;
	struct sources sources;
	int r;
};

static bool is_settled(void *arg)
{
	struct reading *now = arg;

	now->r = sources_read(now->box, &now->sources);
	return now->r < 0 || sources_agree(&now->sources);
}

static int after(struct stage *s, void *state, const struct act *act)
{
	struct reading now = { .box = stage_box(s) };
	json_t *data;
	int agree;

	agree = wait_until(is_settled, &now, wait_now_ns() + wait_scaled(AGREE_NS));
	if (now.r < 0)
		return now.r;
	data = json_object();
	for (int i = 0; i < SOURCE_COUNT; i++)
		if (now.sources.has[i])
			json_object_set_new(data, sources_name(i),
					    json_string(cpulist_str(&now.sources.cpus[i])));
	if (now.sources.sysconf_online >= 0)
		json_object_set_new(data, "sysconf", json_integer(now.sources.sysconf_online));
	expect(s, act, &sources_agree_claim, agree == 1, data,
	       "online CPUs: state \"%s\", mask \"%s\", stat \"%s\", interrupts \"%s\", cpuinfo \"%s\", nodes \"%s\"",
	       cpulist_str(&now.sources.cpus[SOURCE_STATE]),
	       cpulist_str(&now.sources.cpus[SOURCE_MASK]),
	       cpulist_str(&now.sources.cpus[SOURCE_STAT]),
	       cpulist_str(&now.sources.cpus[SOURCE_INTERRUPTS]),
	       cpulist_str(&now.sources.cpus[SOURCE_CPUINFO]),
	       cpulist_str(&now.sources.cpus[SOURCE_NODES]));
	return 0;
}

const struct witness witness_masks = {
	.id = "masks",
	.summary = "Six sources of the online mask, and hotplug/state of each CPU",
	.explain =
		"Read after each act, refused ones too, and again until they agree or 2 s have passed.",
	.keeps_pace = true,
	.claims = CLAIMS(&sources_agree_claim),
	.after = after,
};
