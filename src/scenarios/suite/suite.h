// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * suite.NAME: lets another suite do what it does to the box, and writes down what it says, each of
 * its tests as a claim of its own name. The kernel log and the box's state are watched meanwhile,
 * as with any scenario. What the suite claims is believed: it proves nothing of hotproof's claims.
 */
#pragma once

#include <stdint.h>

#include "stage/claim.h"

struct suite_setup {
	const char *name;    /* "kselftest"; what they are called in the record */
	const char *format;  /* of what it prints: as foreign.h, or "exit": its exit code alone */
	const char *command; /* for /bin/sh -c */
	const char *folder;  /* to run it in; NULL: as it is */
	int64_t time_ns;     /* it is ended after this; 0: ten minutes */
};

/* All of it stays the caller's and must live as long as the scenario is used. */
const struct scenario *suite_scenario(const struct suite_setup *setup);

extern const struct claim suite_completes;
