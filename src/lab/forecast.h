// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long a matrix will still take: from what its cells took that have ended, and from what such
 * cells took in earlier matrices, which the cache remembers. It is for people; nothing is decided
 * by it.
 */
#pragma once

#include "lab/matrix.h"

struct forecast;

/* Reads what the cache remembers. NULL when memory is short. */
struct forecast *forecast_new(const struct matrix *m, int jobs);
void forecast_free(struct forecast *f);
CLEANUP_DEFINE(struct forecast, forecast, forecast_free)

/* What the cell will probably take in all, ms; -1: nothing is known. */
int64_t forecast_cell_ms(const struct forecast *f, const struct matrix_cell *c);

/* Until all cells have ended, ms; -1: not known. `now_ms` as matrix_cell.began_ms. */
int64_t forecast_rest_ms(const struct forecast *f, int64_t now_ms);

/* Remembers what the cells took that have a verdict. Nothing depends on it: it fails silently. */
void forecast_remember(const struct forecast *f);
