// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a plan of a race smaller as long as it still fails: drops actors, pauses, CPUs and
 * operations (docs/plan-format.md). Whether one fails is asked of the caller; guests, runs and
 * verdicts are unknown here.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

struct reduce {
	/* 1: this plan fails too; 0: it does not; -errno: no more can be asked. */
	int (*fails)(void *arg, const json_t *plan);
	/* Before each question: what would be dropped. May be NULL. */
	void (*trying)(void *arg, const json_t *plan, const char *what);
	void *arg;
};

/*
 * `plan` is known to fail. *ret_smallest (owned by the caller) is the smallest that was found to
 * fail, also when the return is the -errno of a question that could not be answered.
 */
int reduce_plan(const struct reduce *r, const json_t *plan, json_t **ret_smallest);

size_t reduce_count_actors(const json_t *plan);
size_t reduce_count_ops(const json_t *plan);
