// SPDX-License-Identifier: GPL-2.0-or-later
/* What `lab matrix` and `lab resume` share: playing a matrix, and showing how it stands. */
#pragma once

#include <stdio.h>

#include "cmd/cmd.h"
#include "lab/fleet.h"
#include "lab/forecast.h"

struct lab_matrix_options {
	int jobs; /* 0: as many as the place where it is played likes */
	int tries;
	bool is_quiet, is_on_slurm;
	const char *program;           /* for tests: instead of this one's `run`; NULL */
	const char *slurm_options[65]; /* for sbatch, NULL-terminated */
	size_t n_slurm_options;
};

/* "local" or "slurm"; 0, or the exit code of what was wrong and has been said. */
_must_check_ int lab_matrix_take_place(const struct cmd *cmd, struct lab_matrix_options *o,
				       const char *value);
_must_check_ int lab_matrix_take_slurm_option(const struct cmd *cmd, struct lab_matrix_options *o,
					      const char *value);

/* Plays all that has not ended, prints the table, returns the exit code. `cmd` speaks. */
int lab_matrix_play(const struct cmd *cmd, struct matrix *m, const struct lab_matrix_options *o);

/* Progress on stderr: on a terminal the table as it stands, else a line for each thing. */
struct lab_matrix_display;

struct lab_matrix_display *lab_matrix_display_new(const struct matrix *m, int jobs, bool is_quiet);
void lab_matrix_display_free(struct lab_matrix_display *d);
void lab_matrix_display_watch(void *ctx, enum fleet_event what, const struct matrix_cell *cell,
			      const char *text);

/* The table at the end, to stdout. */
void lab_matrix_print(const struct matrix *m);

/* "99 passed, 1 known (try 2); why", owned by the caller. */
char *lab_matrix_counts(const struct matrix_cell *c);

/* Columns that the names of the cells take. */
int lab_matrix_id_width(const struct matrix *m);

/* results.json and matrix.html of the matrix as it stands. */
_must_check_ int lab_matrix_page(const struct matrix *m);

struct lab_matrix_view {
	const struct matrix *matrix;
	const struct forecast *forecast; /* NULL: none */
	int64_t now_ms, spent_ms;        /* since 1970, since it was begun */
	int id_width;
	bool is_coloured;
	const char *held; /* why no further guest is started; "": nothing */
};

/* Draws the matrix over the place where the cursor is; the number of lines that were drawn. */
int lab_matrix_live_draw(FILE *out, const struct lab_matrix_view *v, int columns, int rows);
