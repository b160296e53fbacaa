// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of outside.jsonl that answer lines of the journal. */
#include "outside/line.h"

#include <stdlib.h>

#include "base/cleanup.h"

json_t *line_about(const json_t *journal_line, const char *witness, int64_t t, const char *type,
		   json_t *fields)
{
	static const char *const keep[] = { "scenario", "alone" };
	json_t *line = json_pack("{s:I, s:s}", "t", (json_int_t)t, "type", type);

	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		if (json_object_get(journal_line, keep[i]))
			json_object_set(line, keep[i], json_object_get(journal_line, keep[i]));
	json_object_set_new(line, "witness", json_string(witness));
	json_object_set_new(line, "act",
			    json_integer(json_integer_value(json_object_get(journal_line, "act"))));
	json_object_update(line, fields);
	json_decref(fields);
	return line;
}

json_t *line_expect(const json_t *journal_line, const char *witness, int64_t t, const char *claim,
		    const char *result, char *text, json_t *data)
{
	json_t *line =
		line_about(journal_line, witness, t, "expect",
			   json_pack("{s:s, s:s, s:s, s:o}", "claim", claim, "result", result,
				     "text", text ? text : "memory is short", "data", data));

	free(text);
	return line;
}
