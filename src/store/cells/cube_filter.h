// SPDX-License-Identifier: GPL-2.0-or-later
/* The filter of filter.h for the cube: the same words, asked of ids instead of rows. */
#pragma once

#include "store/cells/cube.h"
#include "store/cells/filter.h"

struct cube_ids {
	bool is_any;
	int64_t *list; /* rising */
	size_t n;
};

struct cube_filter {
	struct cube_ids claims, scenarios, machines, kernels;
	const char *options; /* the filter's */
	bool states[256];    /* by what stands in the cube */
};

_must_check_ int cube_filter_read(struct cube_filter *ret, struct db *db,
				  const struct filter *filter, struct error *err);
void cube_filter_clear(struct cube_filter *f);

bool cube_filter_pair(const struct cube_filter *f, const struct cube_pair *pair);
bool cube_filter_target(const struct cube_filter *f, const struct cube_target *target);
