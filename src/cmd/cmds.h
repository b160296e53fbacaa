// SPDX-License-Identifier: GPL-2.0-or-later
/* The subcommands of hotproof, one file each; main.c lists them. */
#pragma once

#include "cmd/cmd.h"

extern const struct cmd cmd_list;
extern const struct cmd cmd_explain;
extern const struct cmd cmd_run;
extern const struct cmd cmd_relay; /* what the lab starts on a box over ssh */
extern const struct cmd cmd_judge;
extern const struct cmd cmd_report;
extern const struct cmd cmd_lab;    /* passes all on to the program hotproof-lab */
extern const struct cmd cmd_shrink; /* the same for its subcommand of that name */

extern const struct cmd cmd_tracker; /* passes all on to the program hotproof-tracker */

/* The life of a lab guest's first process; does not return while the guest is on. */
int cmd_init_main(const struct cmd_program *program);
