// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two files of the verdict share: verdict.c knows the rules, results.c the document. */
#pragma once

#include "evidence/record.h"
#include "evidence/verdict.h"

/* The verdict of one claim of one scenario: an entry of `results`, owned by the caller; NULL when
 * memory is short. */
json_t *verdict_of_claim(const struct record *r, const struct record_scenario *s,
			 const char *claim);
