// SPDX-License-Identifier: GPL-2.0-or-later
/* Trends over four quarters of a series. What is read, and what a trend means, is the scenario's.
 */
#include "scenarios/trend.h"

struct part {
	long lowest, highest;
};

static struct part part_of(const long *values, size_t n, size_t nth)
{
	size_t length = n / TREND_PARTS;
	struct part p = { .lowest = values[nth * length], .highest = values[nth * length] };

	for (size_t i = nth * length; i < (nth + 1) * length; i++) {
		p.lowest = values[i] < p.lowest ? values[i] : p.lowest;
		p.highest = values[i] > p.highest ? values[i] : p.highest;
	}
	return p;
}

long trend_growth(const long *values, size_t n)
{
	struct part first = part_of(values, n, 0), last = first;

	for (size_t nth = 1; nth < TREND_PARTS; nth++) {
		struct part p = part_of(values, n, nth);

		if (p.lowest <= last.highest)
			return 0;
		last = p;
	}
	return last.lowest - first.lowest;
}

bool trend_is_slowing(const long *values, size_t n)
{
	struct part first = part_of(values, n, 0), last = first;

	for (size_t nth = 1; nth < TREND_PARTS; nth++) {
		struct part p = part_of(values, n, nth);

		if (p.lowest <= last.lowest)
			return false;
		last = p;
	}
	return last.lowest >= 2 * first.lowest;
}
