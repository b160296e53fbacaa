// SPDX-License-Identifier: GPL-2.0-or-later
/* The file of --plan: plans of races that are to be repeated (docs/plan-format.md). Read and
 * checked, not played. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/*
 * One plan, several one after the other (as a run's plan.json), or an array of them: *ret is an
 * array, owned by the caller. -EINVAL with a text: no plan, or a bad one; other errors: it cannot
 * be read.
 */
_must_check_ int given_plan_load(const char *path, json_t **ret, struct error *err);
