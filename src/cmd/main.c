// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of hotproof's subcommands, and the door for being a guest's first process. Nothing is
 * done here. */
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/cmds.h"

static const struct cmd *const cmds[] = {
	&cmd_list, &cmd_explain, &cmd_run,     &cmd_judge, &cmd_report,
	&cmd_lab,  &cmd_shrink,  &cmd_tracker, &cmd_relay, NULL,
};

static const struct cmd_program hotproof = {
	.name = "hotproof",
	.summary = "Prove that CPU hotplug keeps its promises",
	.cmds = cmds,
};

int main(int argc, char **argv)
{
	if (getpid() == 1)
		return cmd_init_main(&hotproof);
	return cmd_main(&hotproof, argc, argv);
}
