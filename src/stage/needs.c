// SPDX-License-Identifier: GPL-2.0-or-later
/* Needs that several scenarios and witnesses share: probes only, nothing is changed. */
#include "stage/needs.h"

#include <unistd.h>

#include "base/text.h"
#include "box/cpu.h"
#include "box/trace.h"

static int probe_root(struct box *box, char **ret_why)
{
	if (!box_is_real(box) || geteuid() == 0)
		return 1;
	*ret_why = text_printf("running as uid %d; run it as root (sudo)", (int)geteuid());
	return 0;
}

const struct need need_root = {
	.id = "box.root",
	.summary = "root: CPUs can be taken off",
	.probe = probe_root,
};

static int probe_hotpluggable(struct box *box, char **ret_why)
{
	struct cpulist can, online;
	int r = cpu_hotpluggable_read(box, &can);

	if (r == 0)
		r = cpu_online_read(box, &online);
	if (r < 0)
		return r;
	if (cpulist_count(&can) > 0 && cpulist_count(&online) > 1)
		return 1;
	*ret_why = text_printf(
		"online CPUs: %s; with an online file: %s; two CPUs are needed, one of them with it",
		cpulist_str(&online), cpulist_str(&can));
	return 0;
}

const struct need need_hotpluggable_cpu = {
	.id = "box.hotpluggable-cpu",
	.summary = "two online CPUs, one of which can be taken off",
	.probe = probe_hotpluggable,
};

static int probe_real(struct box *box, char **ret_why)
{
	if (box_is_real(box))
		return 1;
	*ret_why = text_printf(
		"the root is scripted: no thread can be bound and no program run on it");
	return 0;
}

const struct need need_real_box = {
	.id = "box.real",
	.summary = "a real box, where threads can be bound and programs run",
	.probe = probe_real,
};

const struct need need_tracefs = {
	.id = "box.tracefs",
	.summary = "tracefs, for a tracing instance of our own",
	.probe = trace_is_there,
};

static int probe_prober(struct box *box, char **ret_why)
{
	(void)box;
	*ret_why =
		text_printf("nobody outside sends packets to this box; \"hotproof lab run\" does");
	return 0;
}

const struct need need_prober = {
	.id = "box.prober",
	.summary = "a prober outside of the box that sends packets to it",
	.probe = probe_prober,
};

static int probe_lookout(struct box *box, char **ret_why)
{
	(void)box;
	*ret_why = text_printf(
		"nobody outside sees this box's CPUs; \"hotproof lab run\" does, in a guest");
	return 0;
}

const struct need need_lookout = {
	.id = "box.lookout",
	.summary = "somebody outside who sees the box's virtual CPUs",
	.probe = probe_lookout,
};

static int probe_platform(struct box *box, char **ret_why)
{
	(void)box;
	*ret_why = text_printf(
		"nobody takes CPUs out of this box; \"hotproof lab run amd64-4-plug\" does, of a guest");
	return 0;
}

const struct need need_platform = {
	.id = "box.platform",
	.summary = "a platform that takes CPUs out and puts them in",
	.probe = probe_platform,
};

static int probe_expendable(struct box *box, char **ret_why)
{
	if (!box_is_real(box))
		return 1;
	*ret_why = text_printf(
		"what is tried here may cost the box; \"hotproof lab run\" tries it in a guest, --expendable on this one");
	return 0;
}

const struct need need_expendable = {
	.id = "box.expendable",
	.summary = "a box that nobody would miss",
	.probe = probe_expendable,
};
