// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each state of the hotplug state machine cost in each act, observed for the report. Nothing
 * is judged here: how long a state takes is the box's own affair.
 */
#pragma once

#include "evidence/latency.h"
#include "stage/stage.h"
#include "witnesses/trace/steps.h"

struct latency {
	json_t *named;               /* what "trace.names" has told: "DIRECTION NUMBER" -> true */
	json_t *names[LATENCY_WAYS]; /* the same as one object: "235" -> [name, callback] */
	struct latency_table table;  /* of this scenario, not sorted */
};

/*
 * Observes "trace.steps" of the act: {"cpu", "way": "down"|"up", "steps": [[number, us], ...]}, and
 * "trace.names" of states that are seen for the first time: {"way", "names": {"235":
 * ["sched:active", "sched_cpu_deactivate"]}}. `states`: cpu/hotplug/states, may be NULL.
 */
void latency_take(struct latency *l, struct stage *s, const struct act *act,
		  const struct steps *steps, const char *states);
void latency_clear(struct latency *l);
