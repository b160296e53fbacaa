// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof run --suite`: which scenario and which catalogue a run has that plays another suite.
 * The command itself is the lab's, or the user's. */
#pragma once

#include <jansson.h>

#include "scenarios/suite/suite.h"

struct suite_args {
	struct suite_setup setup;
	const struct scenario *scenarios[2]; /* NULL-terminated */
};

/* 0, or the exit code of what is missing and has been said. */
_must_check_ int suite_args_settle(struct suite_args *a);

/* The claim of the scenario, for the run's record: it is in no other catalogue. */
void suite_args_declare(const struct suite_args *a, json_t *catalog);
