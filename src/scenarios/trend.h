// SPDX-License-Identifier: GPL-2.0-or-later
/* Does what was read after each of many cycles grow? Pure functions, so that unit tests can feed
 * them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define TREND_PARTS 4 /* each must be above the one before for it to be a trend */

/* How much it grew from the first quarter of `n` readings to the last one; 0 unless each quarter is
 * wholly above the one before: for what goes up and down by itself, and never by the load. */
long trend_growth(const long *values, size_t n);

/*
 * True when the lowest of each quarter is above that of the one before, and that of the last at
 * least twice that of the first: for durations, whose lowest is what load spoils least.
 */
bool trend_is_slowing(const long *values, size_t n);
