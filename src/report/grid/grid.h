// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A matrix as one page: its cells, what differs between them, and when they ran. It is made of the
 * matrix's document (lab/matrix.h) and of what the cells' run directories hold, judges nothing, and
 * needs no script. The rest of this header is the files' own.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* `dir` is the matrix's folder, which holds the cells. Links are relative to it. 0 or -errno. */
int grid_write(const json_t *document, const char *dir, FILE *out);

/* The worst that was seen of a claim in a cell, over all scenarios: html_rank(), 0: not watched. */
struct grid_claim {
	const char *id, *summary;
	const json_t **results; /* by cell; NULL: not watched there */
	int best,
		worst; /* ranks over the cells that watched anything; not of what was not judged */
	bool is_unclear; /* crashed, timed out or not judged somewhere */
};

struct grid_cell {
	const json_t *doc; /* of the matrix's document */
	const char *id, *state;
	json_t *results; /* results.json, or NULL */
	char *label;     /* what tells it from the others of its machine; "": nothing */
	int64_t began_ms, ms;
	bool has_report;
};

struct grid {
	FILE *out;
	const json_t *doc;
	const char *dir;
	json_t *catalog; /* of the first cell that has one, or NULL */
	struct grid_cell *cells;
	size_t n_cells;
	struct grid_claim *claims; /* by id */
	size_t n_claims;
};

/* load.c */
_must_check_ int grid_load(struct grid *g);
void grid_clear(struct grid *g);
int grid_rank(const struct grid_claim *claim, size_t cell);
/* "pass", "fail", "known", "error", "skip": the colour of a cell's state. */
const char *grid_css(const struct grid_cell *c);
/* "48 s", "5 min 30 s"; the next 4 calls leave it alone. */
const char *grid_duration(int64_t ms);
/* The full name of a cell, as its folder is called. */
void grid_link(const struct grid *g, const struct grid_cell *c);

/* The sections, each in the file of its name. */
void grid_cells(struct grid *g);
void grid_differs(struct grid *g);
/* "fails exactly where nohz_full=2,3 is given"; puts nothing when no one thing tells them apart. */
void grid_cause(struct grid *g, const struct grid_claim *claim);
void grid_untried(struct grid *g);
void grid_times(struct grid *g);
void grid_acts(struct grid *g);
