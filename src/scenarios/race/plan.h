// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan of a race: which actors there are and what each does, drawn from a seed or read from a
 * document (docs/plan-format.md). It does nothing and looks at no kernel.
 */
#pragma once

#include <jansson.h>

#include "scenarios/race/race.h"

#define RACE_PLAN_FORMAT 1

struct race_plan {
	char scenario[40];
	uint64_t seed;
	int64_t time_ns;
	struct cpulist cpus; /* those that are taken off */
	size_t n_parts;
	struct race_part parts[RACE_ACTORS_MAX];
};

/* Adds an actor called KIND-NUMBER with operations drawn from the seed; -ENOSPC: there are too
 * many. */
_must_check_ int race_plan_add(struct race_plan *plan, const struct race_kind *kind);

/* Appends an operation; for the make() of kinds. False: the list is full. */
bool race_plan_op(struct race_part *part, const struct race_verb *verb, int cpu, int arg);

const struct race_verb *race_plan_verb(const struct race_kind *kind, const char *name);

/* Owned by the caller; NULL when memory is short. */
json_t *race_plan_json(const struct race_plan *plan);

/* "off cpu2"; cut to size. Returns buf. */
const char *race_plan_op_text(const struct race_op *op, char *buf, size_t size);

/* -EINVAL with a text that says what is wrong and where. The plan is large: allocate it. */
_must_check_ int race_plan_parse(const json_t *doc, struct race_plan *ret, struct error *err);

/* The plan of this scenario among those given (one object, or an array of them), or NULL. */
const json_t *race_plan_find(const json_t *given, const char *scenario);
