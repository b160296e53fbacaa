// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A real program (top, sar, mpstat) that runs through the whole scenario, and the judging of what
 * it prints. Each tool is a witness of its own (top.c, sar.c, mpstat.c) that declares its claims
 * and this spec; the callbacks are shared.
 */
#pragma once

#include "stage/claim.h"
#include "witnesses/tool/frame.h"

/* What the claims of each tool have in common. */
#define TOOL_ALIVE_EXPLAIN                                                                       \
	"The 2005 wish: can sar and top be trusted while CPUs come and go? A program that dies " \
	"or falls silent when the number of CPUs changes cannot."
#define TOOL_AGREES_EXPLAIN                                                                      \
	"Each refresh must have a row for every CPU that was online while it sampled, and none " \
	"for one that was offline all that time. No value may be negative, not a number, or "    \
	"that of a counter that wrapped around; a little over 100 % is legal, since iowait may " \
	"go back. A failure with `stat.*` and `state.sources-agree` intact is the program's; "   \
	"together with them it is the kernel's."

struct tool_spec {
	const char *name;        /* and name of its stream: tools/NAME */
	const char *const *argv; /* argv[0] without its directory */
	enum frame_format format;
	bool needs_two;             /* see frame_contradiction() */
	const struct claim *alive;  /* NAME.keeps-running */
	const struct claim *agrees; /* NAME.agrees */
};

/* Directory where a program is, "/usr/bin" or "/bin", or NULL. */
const char *tool_find(struct box *box, const char *program);

int tool_plant(struct stage *s, const struct tool_spec *spec, void **ret_state);
int tool_before(struct stage *s, void *state, const struct act *act);
int tool_after(struct stage *s, void *state, const struct act *act);
int tool_uproot(struct stage *s, void *state);
