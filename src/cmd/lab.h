// SPDX-License-Identifier: GPL-2.0-or-later
/* The subcommands of hotproof-lab, and the display that `run` shows meanwhile. */
#pragma once

#include <jansson.h>

#include "cmd/cmd.h"
#include "lab/session.h"

extern const struct cmd cmd_lab_run;
extern const struct cmd cmd_lab_matrix;
extern const struct cmd cmd_lab_cell; /* what a job of a cluster runs */
extern const struct cmd cmd_lab_resume;
extern const struct cmd cmd_lab_plan;
extern const struct cmd cmd_lab_shrink;
extern const struct cmd cmd_lab_doctor;
extern const struct cmd cmd_lab_machines;

/* Ctrl-C and the like are read from this descriptor from now on; -1: not to be had. */
int lab_open_signals(void);

/* Progress on stderr: one changing line on a terminal, else a line for each thing that happens. */
struct lab_display;

struct lab_display *lab_display_new(bool is_quiet);
void lab_display_free(struct lab_display *d); /* leaves the cursor on a fresh line */

/* For session_setup.watch; ctx is the display. */
void lab_display_watch(void *ctx, enum session_event what, const json_t *line, const char *text);
