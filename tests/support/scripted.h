// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A scripted root: a box for unit tests whose files are templates over a small model of CPU
 * hotplug, and which can be told to be wrong in one place. The roots are tests/roots/NAME.root;
 * their format is explained in tests/roots/README.md.
 */
#pragma once

#include <jansson.h>

#include "box/box.h"
#include "stage/claim.h"

/* Opens tests/roots/NAME.root (the directory comes from the build). */
_must_check_ int scripted_open(const char *name, struct box **ret, struct error *err);

/*
 * Plays `scenario` with the witnesses (NULL-terminated) on a root and counts: {"claim id":
 * {"met":n,"unmet":n,"unexercised":n,"limit":n,"error":n}}. Owned by the caller; NULL on a failure,
 * which is printed.
 */
json_t *scripted_play(const char *root, const struct scenario *scenario,
		      const struct witness *const *witnesses);

/* The same on a box of the caller's own. */
json_t *scripted_play_on(struct box *box, const struct scenario *scenario,
			 const struct witness *const *witnesses);

/* How often `claim` got `result` in what scripted_play() returned. */
int scripted_count(const json_t *played, const char *claim, const char *result);

/*
 * The contract of a faulty root: with it exactly the named claims (space separated, "" for none)
 * have an unmet expectation, none has an error, and all others that are met on the root "good" are
 * still met. Returns 0, or -1 after printing what differs.
 */
int scripted_check(const char *root, const struct scenario *scenario,
		   const struct witness *const *witnesses, const char *failing);
