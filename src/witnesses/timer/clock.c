// SPDX-License-Identifier: GPL-2.0-or-later
/* Two clocks that say the same. Judges nothing. */
#include "witnesses/timer/clock.h"

#include "base/wait.h"

#define TRIES 5

int64_t timer_clock_shift(void)
{
	int64_t best = INT64_MAX;

	/* What passes between the two readings, all of a lost time slice perhaps, makes it larger.
	 */
	for (int i = 0; i < TRIES; i++) {
		int64_t monotonic = wait_monotonic_ns(), shift = wait_now_ns() - monotonic;

		if (shift < best)
			best = shift;
	}
	return best;
}

int64_t timer_clock_latest(int64_t shift_ns)
{
	int64_t monotonic = wait_monotonic_ns(), other = wait_now_ns() - shift_ns;

	return other > monotonic ? other : monotonic;
}

int64_t timer_clock_earliest(int64_t shift_ns)
{
	int64_t monotonic = wait_monotonic_ns(), other = wait_now_ns() - shift_ns;

	return other < monotonic ? other : monotonic;
}
