// SPDX-License-Identifier: GPL-2.0-or-later
/* Is memory that was read after each of many cycles growing? A pure function, so that unit tests
 * can feed it. */
#pragma once

#include <stddef.h>

#define MEM_TREND_KINDS 5

/* How much it grew from the first quarter of `n` readings to the last one; 0 unless each quarter is
 * wholly above the one before. */
long mem_trend(const long *kib, size_t n);
