// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans over axes of values: pairwise (every value of an axis meets every value of every other axis
 * in some row) and the full product. Values are numbers from 0; what they mean is the caller's. The
 * same sizes give the same plan.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

#define PAIRWISE_AXES_MAX 24
#define PAIRWISE_VALUES_MAX 16
#define PAIRWISE_ROWS_MAX 100000

/*
 * *ret_rows is an array of *ret_n rows of n_axes numbers each, owned by the caller. The first row
 * is all zeros: the defaults. -EINVAL: too many axes or values, or an axis without any; -E2BIG:
 * more than PAIRWISE_ROWS_MAX rows.
 */
_must_check_ int pairwise_plan(const int *sizes, size_t n_axes, int **ret_rows, size_t *ret_n);
_must_check_ int pairwise_product(const int *sizes, size_t n_axes, int **ret_rows, size_t *ret_n);
