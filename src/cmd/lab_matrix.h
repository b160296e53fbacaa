// SPDX-License-Identifier: GPL-2.0-or-later
/* What `lab matrix` and `lab resume` share: playing a matrix, and showing how it stands. */
#pragma once

#include "cmd/cmd.h"
#include "lab/fleet.h"

struct lab_matrix_options {
	int jobs, tries;
	bool is_quiet;
};

/* Plays all that has not ended, prints the table, returns the exit code. `cmd` speaks. */
int lab_matrix_play(const struct cmd *cmd, struct matrix *m, const struct lab_matrix_options *o);

/* A guest of the lab has four CPUs and waits often: one for two CPUs of the host. */
int lab_matrix_default_jobs(void);

/* Progress on stderr: on a terminal the table as it stands, else a line for each thing. */
struct lab_matrix_display;

struct lab_matrix_display *lab_matrix_display_new(const struct matrix *m, bool is_quiet);
void lab_matrix_display_free(struct lab_matrix_display *d);
void lab_matrix_display_watch(void *ctx, enum fleet_event what, const struct matrix_cell *cell);

/* The table at the end, to stdout. */
void lab_matrix_print(const struct matrix *m);
