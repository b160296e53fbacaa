// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges what became of a CPU that the platform took away or gave, from what the box saw and what
 * the platform did. Pure: facts in, lines out.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct plug_facts {
	const char *refused; /* why the platform would not do it; NULL: it did what was asked */
	bool has_it;         /* the platform has this CPU now */
	const char *unknown; /* why that could not be asked; NULL: it could */
};

/* `seen` is the journal's line "plug.seen". Returns lines for outside.jsonl (without seq), as an
 * array. */
json_t *plug_judge(const json_t *seen, const struct plug_facts *facts);
