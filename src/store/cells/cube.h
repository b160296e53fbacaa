// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The states of all cells in memory, a byte each, by target and pair: what counts millions of them
 * in milliseconds. It is a copy: whoever looks brings it to what the database says first, and only
 * targets whose stamp rose are read again. It has no names, no reasons and no history.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/db/db.h"

#define CUBE_NONE 0xff       /* there is no such cell */
#define CUBE_UNEXPECTED 0x40 /* a state with this: nobody expects the cell any more */
#define CUBE_UNTRIED 0x80    /* no run has ever tried it */
#define CUBE_STATE 0x3f

struct cube_pair {
	int64_t id, scenario, claim;
};

struct cube_target {
	int64_t id, machine, kernel;
	char *options;
	uint8_t *states; /* by the pair's place in `pairs` */
	uint32_t *cells; /* their ids */
};

struct cube;

_must_check_ int cube_new(struct cube **ret, struct error *err);
void cube_free(struct cube *cube);
CLEANUP_DEFINE(struct cube, cube, cube_free)

/* What is seen between the two; many may look at once. */
struct cube_view {
	struct cube *cube;
	const struct cube_pair *pairs;
	size_t n_pairs;
	const struct cube_target *targets; /* by id */
	size_t n_targets;
};
_must_check_ int cube_look(struct cube *cube, struct db *db, struct cube_view *ret,
			   struct error *err);
void cube_look_away(struct cube_view *view);
#define _cleanup_view_ _cleanup_(cube_look_away)
