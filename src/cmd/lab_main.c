// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of hotproof-lab's subcommands. Nothing is done here. */
#include "cmd/lab.h"

static const struct cmd *const cmds[] = { &cmd_lab_run,      &cmd_lab_matrix, &cmd_lab_resume,
					  &cmd_lab_plan,     &cmd_lab_shrink, &cmd_lab_doctor,
					  &cmd_lab_machines, &cmd_lab_cell,   NULL };

static const struct cmd_program hotproof_lab = {
	.name = "hotproof-lab",
	.summary = "Boot guests and prove CPU hotplug in them",
	.cmds = cmds,
};

int main(int argc, char **argv)
{
	return cmd_main(&hotproof_lab, argc, argv);
}
