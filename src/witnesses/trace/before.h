// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holds what the states of the hotplug state machine cost in a scenario against earlier runs of the
 * same box (`run --baseline`). How long a state takes on a box of which nothing is known is no
 * one's claim.
 */
#pragma once

#include "evidence/latency.h"
#include "witnesses/finding.h"

extern const struct claim latency_like_before; /* "latency.like-before" */

/*
 * `now`: the times of this scenario, sorted; `baseline`: {"runs": N, "latency": as latency_json()},
 * or NULL. One finding for each direction at most, and one in any case.
 */
void before_judge(const struct latency_table *now, const json_t *baseline, struct findings *ret);
