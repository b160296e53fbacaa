// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known defects of kernels, as data (known-defects.json): a failure that one of them explains stays
 * a failure and says so. They go into each run's catalog.json, and the verdict takes them from
 * there: an old run is judged by what was known when it ran.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* The array for catalog.json, owned by the caller; NULL when memory is short. */
json_t *known_defects(void);

/* What stands for the claim in an entry about a crash of the box: its "claim" is null, and `shows`
 * is of the crash line ("oops", "function"). */
#define KNOWN_CRASH ""

/* The defects that are known, and the box that they are asked about. All borrowed. */
struct known_scope {
	const json_t *defects;     /* an array, or NULL: none */
	const char *kernel, *arch; /* as uname -r and -m say */
};

/*
 * The entry that explains an unmet expectation of `claim` with that `data` on the scope's box;
 * borrowed; NULL: none. An entry explains only what shows all of its `shows`, and nothing when it
 * has none.
 */
json_t *known_find(const struct known_scope *scope, const char *claim, const json_t *data);

/* Whether release ("6.1.0-50-cloud-amd64") lies in [from, before); NULL or "": no bound on that
 * side. */
bool known_is_in_range(const char *release, const char *from, const char *before);
