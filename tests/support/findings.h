// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks what a witness's judging part found. For unit tests that feed it with observations; not for
 * the journal. */
#pragma once

#include <string.h>

#include "witnesses/finding.h"

/* The only finding about this claim, or -1: none, -2: several. */
static inline int found(const struct findings *f, const char *claim)
{
	int result = -1;

	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->list[i].claim->id, claim) == 0)
			result = result == -1 ? (int)f->list[i].result : -2;
	return result;
}
