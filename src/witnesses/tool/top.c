// SPDX-License-Identifier: GPL-2.0-or-later
/* top of procps, the real program, through the whole scenario. How it is run and judged is in
 * tool.c. */
#include "base/text.h"
#include "stage/needs.h"
#include "witnesses/tool/tool.h"
#include "witnesses/witnesses.h"

static const struct claim keeps_running = {
	.id = "top.keeps-running",
	.summary = "top lives through it and goes on printing",
	.explain = TOOL_ALIVE_EXPLAIN,
	.refs = REFS("top(1)"),
	.faults = FAULTS("kmod:top-crashes"),
};

static const struct claim agrees = {
	.id = "top.agrees",
	.summary = "The CPU rows of top agree with the online CPUs, and no value is absurd",
	.explain = TOOL_AGREES_EXPLAIN,
	.refs = REFS("top(1)"),
	.faults = FAULTS("kmod:top-sees-ghost"),
};

static const char *const argv[] = { "top", "-b", "-1", "-d", "0.5", "-w", "512", NULL };

static const struct tool_spec spec = {
	.name = "top",
	.argv = argv,
	.format = FRAME_TOP,
	.needs_two = false,
	.alive = &keeps_running,
	.agrees = &agrees,
};

static int probe(struct box *box, char **ret_why)
{
	if (tool_find(box, argv[0]))
		return 1;
	*ret_why =
		text_printf("no \"%s\" in /usr/bin or /bin; install the package procps", argv[0]);
	return 0;
}

static const struct need need_top = {
	.id = "tool.top",
	.summary = "the program top of the package procps",
	.probe = probe,
};

static int plant(struct stage *s, void **ret_state)
{
	return tool_plant(s, &spec, ret_state);
}

const struct witness witness_top = {
	.id = "top",
	.summary = "top of procps, the real program, and what it prints",
	.explain = "Runs `top -b -1 -d 0.5` from before the first act to after the last.",
	.claims = CLAIMS(&keeps_running, &agrees),
	.needs = NEEDS(&need_real_box, &need_top),
	.plant = plant,
	.before = tool_before,
	.after = tool_after,
	.uproot = tool_uproot,
};
