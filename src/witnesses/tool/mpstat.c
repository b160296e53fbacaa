// SPDX-License-Identifier: GPL-2.0-or-later
/* mpstat of sysstat, the real program, through the whole scenario. How it is run and judged is in
 * tool.c. */
#include "base/text.h"
#include "stage/needs.h"
#include "witnesses/tool/tool.h"
#include "witnesses/witnesses.h"

static const struct claim keeps_running = {
	.id = "mpstat.keeps-running",
	.summary = "mpstat lives through it and goes on printing",
	.explain = TOOL_ALIVE_EXPLAIN,
	.refs = REFS("mpstat(1)"),
	.faults = FAULTS("kmod:mpstat-crashes"),
};

static const struct claim agrees = {
	.id = "mpstat.agrees",
	.summary = "The rows of mpstat agree with the online CPUs, and no value is absurd",
	.explain = TOOL_AGREES_EXPLAIN,
	.refs = REFS("mpstat(1)"),
	.faults = FAULTS("kmod:mpstat-sees-ghost"),
};

static const char *const argv[] = { "mpstat", "-P", "ALL", "1", NULL };

static const struct tool_spec spec = {
	.name = "mpstat",
	.argv = argv,
	.format = FRAME_MPSTAT,
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

static const struct need need_mpstat = {
	.id = "tool.mpstat",
	.summary = "the program mpstat of the package sysstat",
	.probe = probe,
};

static int plant(struct stage *s, void **ret_state)
{
	return tool_plant(s, &spec, ret_state);
}

const struct witness witness_mpstat = {
	.id = "mpstat",
	.summary = "mpstat of sysstat, the real program, and what it prints",
	.explain =
		"Runs `mpstat -P ALL 1`. A CPU that came back is shown one interval later: a rate needs two samples.",
	.claims = CLAIMS(&keeps_running, &agrees),
	.needs = NEEDS(&need_real_box, &need_mpstat),
	.plant = plant,
	.before = tool_before,
	.after = tool_after,
	.uproot = tool_uproot,
};
