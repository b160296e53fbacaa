// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What time it is, by two clocks at once. Timers are judged by CLOCK_MONOTONIC; where a defect lets
 * that go wrong on one CPU (clock.never-back tells), CLOCK_BOOTTIME must agree before a timer is
 * called early or lost.
 */
#pragma once

#include <stdint.h>

/* What CLOCK_BOOTTIME is ahead, now: take it while both are right. */
int64_t timer_clock_shift(void);

/* CLOCK_MONOTONIC, by whichever clock says more, or less. Both clocks are the same but for a
 * suspend. */
int64_t timer_clock_latest(int64_t shift_ns);
int64_t timer_clock_earliest(int64_t shift_ns);
