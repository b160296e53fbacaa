// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What acts and the states of the hotplug state machine cost in a run, or in several of one box, as
 * distributions: from the observations "trace.steps" and "trace.names". It compares and judges
 * nothing.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "evidence/record.h"

struct latency_state {
	int number;       /* as it was first seen: it differs by kernel and by modules */
	const char *name; /* "sched:active"; "" for time outside of any step, or for whole acts */
	const char *callback;
	int64_t *us; /* one an act, ascending after latency_read() */
	size_t n;
	int64_t sum; /* of all */
};

enum { LATENCY_DOWN, LATENCY_UP, LATENCY_WAYS };

struct latency_way {
	struct latency_state act;  /* from the write to its return */
	struct latency_state rest; /* of each act, what no step accounts for */
	struct latency_state *states;
	size_t n_states;
};

struct latency_table {
	struct latency_way way[LATENCY_WAYS];
};

/*
 * Adds one act by hand: `steps` [[number, us], ...] and `names` {"235": [name, callback], ...} as
 * in "trace.steps" and "trace.names". Call latency_sort() before anything is asked.
 */
_must_check_ int latency_add(struct latency_way *way, const json_t *names, const json_t *steps,
			     int64_t began_ns, int64_t ended_ns);
void latency_sort(struct latency_table *table);

/* Adds a run; second tries are left out. */
_must_check_ int latency_read(const struct record *run, struct latency_table *table);
void latency_table_clear(struct latency_table *table);
#define _cleanup_latency_ _cleanup_(latency_table_clear)

/* In a share of all cases it took no longer (0.5: the median); 0 when there are none. */
int64_t latency_at(const struct latency_state *state, double share);

/* The same state in another table, by its name; NULL. */
const struct latency_state *latency_find(const struct latency_way *way, const char *name);

/* Indices of the states, the most costly first. `order` holds n_states. */
void latency_order(const struct latency_way *way, size_t *order);

/* For results.json, docs/run-format.md; NULL when no act was traced. */
json_t *latency_json(const struct latency_table *table);
