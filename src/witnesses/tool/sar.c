// SPDX-License-Identifier: GPL-2.0-or-later
/* sar of sysstat, the real program, through the whole scenario. How it is run and judged is in
 * tool.c. */
#include "base/text.h"
#include "stage/needs.h"
#include "witnesses/tool/tool.h"
#include "witnesses/witnesses.h"

static const struct claim keeps_running = {
	.id = "sar.keeps-running",
	.summary = "sar lives through it and goes on printing",
	.explain = TOOL_ALIVE_EXPLAIN,
	.refs = REFS("sar(1)"),
	.faults = FAULTS("kmod:sar-crashes"),
};

static const struct claim agrees = {
	.id = "sar.agrees",
	.summary = "The CPU rows of sar agree with the online CPUs, and no value is absurd",
	.explain = TOOL_AGREES_EXPLAIN,
	.refs = REFS("sar(1)"),
	.faults = FAULTS("kmod:sar-sees-ghost"),
};

static const char *const argv[] = { "sar", "-u", "-P", "ALL", "1", NULL };

static const struct tool_spec spec = {
	.name = "sar",
	.argv = argv,
	.format = FRAME_SAR,
	.needs_two = true,
	.alive = &keeps_running,
	.agrees = &agrees,
};

static int probe(struct box *box, char **ret_why)
{
	if (tool_find(box, argv[0]))
		return 1;
	*ret_why =
		text_printf("no \"%s\" in /usr/bin or /bin; install the package sysstat", argv[0]);
	return 0;
}

static const struct need need_sar = {
	.id = "tool.sar",
	.summary = "the program sar of the package sysstat",
	.probe = probe,
};

static int plant(struct stage *s, void **ret_state)
{
	return tool_plant(s, &spec, ret_state);
}

const struct witness witness_sar = {
	.id = "sar",
	.summary = "sar of sysstat, the real program, and what it prints",
	.explain =
		"Runs `sar -u -P ALL 1`. A CPU that came back is shown one interval later: a rate needs two samples.",
	.claims = CLAIMS(&keeps_running, &agrees),
	.needs = NEEDS(&need_real_box, &need_sar),
	.plant = plant,
	.before = tool_before,
	.after = tool_after,
	.uproot = tool_uproot,
};
