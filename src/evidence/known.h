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

/*
 * The entry of `known` (an array or NULL) that explains an unmet expectation of `claim` on that
 * kernel with that `data`; borrowed; NULL: none. An entry explains only what shows all of its
 * `shows`, and nothing when it has none.
 */
json_t *known_find(const json_t *known, const char *claim, const char *kernel, const char *arch,
		   const json_t *data);

/*
 * The claims that entries of `known` name for that kernel: at most size - 1 ids, borrowed, and
 * NULL. Whether a failure is one of them shows its data: this says only where a second try tells
 * nothing.
 */
void known_claims(const json_t *known, const char *kernel, const char *arch, const char **ids,
		  size_t size);

/* Whether release ("6.1.0-50-cloud-amd64") lies in [from, before); NULL or "": no bound on that
 * side. */
bool known_is_in_range(const char *release, const char *from, const char *before);
