// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be tried where, before anything boots: the catalogue's needs against what machines
 * provide. A need that nobody has declared counts as unmet, so that a new one shows. It asks no
 * guest: tests/guest compares what was declared with what guests said.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "lab/machine.h"

/* What every guest of the lab with a stock kernel has; ended by NULL. A machine's own are in its
 * file. */
extern const char *const plan_common[];

bool plan_provides(const struct machine *m, const char *need);

/* The first need of a scenario or witness of the catalogue that the machine lacks; NULL: none. */
const char *plan_unmet(const json_t *declared, const struct machine *m);

/* The scenario can be played on the machine, and the claim would be looked at. */
bool plan_tries(const json_t *catalog, const json_t *scenario, const char *claim,
		const struct machine *m);

/*
 * {"machines": {"amd64-4": {"arch", "kernel", "needs": {need: met}, "scenarios": {id: null or the
 *  first unmet need}}}, "untried": {claim: first unmet need}, "claims": {claim: [machines]}}
 * owned by the caller. `catalog` is what `hotproof list --json` says, `machines` NULL-terminated.
 */
_must_check_ int plan_make(const json_t *catalog, const struct machine *const *machines,
			   json_t **ret);

/* Lines "CLAIM NEED" ('#' begins a comment) against the plan's: what is in one and not in the
 * other, each owned by the caller and with a newline a line ("" when none). */
_must_check_ int plan_compare(const json_t *plan, const char *expected, char **ret_grown,
			      char **ret_gone);
