// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line of outside.jsonl that answers one of the journal: it belongs to the same act, scenario and
 * try. What it says is its caller's matter.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* `t` is of the box's clock. `fields` is taken. */
json_t *line_about(const json_t *journal_line, const char *witness, int64_t t, const char *type,
		   json_t *fields);

/* An expectation; `text` (owned by the caller, NULL: memory was short) and `data` are taken. */
json_t *line_expect(const json_t *journal_line, const char *witness, int64_t t, const char *claim,
		    const char *result, char *text, json_t *data);
