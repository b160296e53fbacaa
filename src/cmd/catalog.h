// SPDX-License-Identifier: GPL-2.0-or-later
/* All that was declared, as one document: what `list --json` prints and catalog.json of a run holds
 * (docs/run-format.md). */
#pragma once

#include <jansson.h>

#include "stage/claim.h"

/* Owned by the caller; NULL when memory is short. */
json_t *catalog_json(void);

/*
 * Walks the declarations in order. Each returns NULL after the last. Claims that several declare
 * come once; `ret_by` (may be NULL): "witness:ID", "scenario:ID", "stage" or "run", in a buffer
 * that the next call overwrites.
 */
const struct claim *catalog_claim(size_t i, const char **ret_by);
const struct need *catalog_need(size_t i);
const struct witness *catalog_witness(size_t i);
const struct scenario *catalog_scenario(size_t i);
