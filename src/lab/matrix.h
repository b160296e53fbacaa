// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A matrix: cells, each a run in a guest of its own, in one folder. The folder is the truth: the
 * plan is written once, each cell's end when it has ended, and a matrix that was killed is read
 * again from there. It starts nothing: that is fleet.h's matter.
 *
 * matrix.json: {"format": 1, "words": [what each `lab run` gets], "cells": [{"cell", "machine",
 * "kernel", "append", "cpu_model"}]}. CELL/ is the cell's run directory, CELL.json {"exit", "why",
 * "began", "ms", "tries", "node"} of the run that ended, CELL.log what it said.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "lab/options.h"

enum matrix_state {
	MATRIX_WAITING, /* or began and did not end */
	MATRIX_RUNNING,
	MATRIX_ENDED,
	MATRIX_ABSENT, /* something that it takes is not here: `why` names it */
};

struct matrix_cell {
	char *id, *machine;
	char *kernel, *append; /* NULL: the machine's own; none */
	char *cpu_model;       /* NULL: the machine's own */
	enum matrix_state state;
	int exit;         /* as `lab run` exits: enum in evidence/verdict.h */
	int tries;        /* guests that were started for it */
	int64_t began_ms; /* of the last try, since 1970; 0: not known */
	int64_t ms;
	char *node;     /* where it ran; NULL: here */
	char *why;      /* one line, or NULL */
	json_t *counts; /* of results.json, or NULL */
};

struct matrix {
	char *dir;
	char **words; /* NULL-terminated */
	struct matrix_cell *cells;
	size_t n_cells;
};

/* words are copied. */
_must_check_ int matrix_new(const char *dir, const char *const *words, struct matrix **ret);
void matrix_free(struct matrix *m);
CLEANUP_DEFINE(struct matrix, matrix, matrix_free)

/*
 * The cell of a machine with another kernel (NULL: its own) and options (NULL: none beyond its
 * own). -EEXIST: there is a cell of the same name.
 */
_must_check_ int matrix_add(struct matrix *m, const char *machine, const char *kernel,
			    const struct options_set *options);

/* The cell of another matrix, not yet played. */
_must_check_ int matrix_add_like(struct matrix *m, const struct matrix_cell *c);

/* Makes the folder and writes the plan; -EEXIST when there is one already. */
_must_check_ int matrix_create(const struct matrix *m, struct error *err);

/* A folder that matrix_create() made, with all cells as they are now. */
_must_check_ int matrix_open(const char *dir, struct matrix **ret, struct error *err);

/* DIR/CELL + suffix, owned by the caller. */
char *matrix_path(const struct matrix *m, const struct matrix_cell *c, const char *suffix);

/* The cell's run has ended with this exit code: writes CELL.json and reads the results. */
_must_check_ int matrix_settle(struct matrix *m, struct matrix_cell *c, int exit_code);

/* "passed", "failed", "untried", "no verdict", "waiting", "running" or "absent". */
const char *matrix_word(const struct matrix_cell *c);

/* CELL.json of an end. */
_must_check_ int matrix_write_end(const char *path, const struct matrix_cell *c);

/*
 * The whole as it stands, for a report: {"format": 1, "matrix": the folder's name, "exit", "words",
 * "cells": [what matrix.json and CELL.json have, "state": as matrix_word() says, "counts"]}. Owned
 * by the caller; NULL when memory is short.
 */
json_t *matrix_document(const struct matrix *m);

/* Exit code of the whole: 1 if a cell failed, else 99 if one has no verdict, else 0 if one passed,
 * else 77. */
int matrix_exit(const struct matrix *m);
