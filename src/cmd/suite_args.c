// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks what the options say of a suite, and declares its scenario in the run's catalogue. */
#include "cmd/suite_args.h"

#include <string.h>

#include "base/cleanup.h"
#include "cmd/cmds.h"

int suite_args_settle(struct suite_args *a)
{
	static const char *const formats[] = { "ktap", "ltp", "stress-ng", "junit", "exit" };

	if (!a->setup.command)
		return cmd_usage_error(&cmd_run, "--suite needs --suite-command");
	a->setup.format = a->setup.format ? a->setup.format : "ktap";
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i], a->setup.format) == 0) {
			a->scenarios[0] = suite_scenario(&a->setup);
			return 0;
		}
	return cmd_usage_error(&cmd_run,
			       "--suite-format=\"%s\" is none of: ktap ltp stress-ng junit exit",
			       a->setup.format);
}

void suite_args_declare(const struct suite_args *a, json_t *catalog)
{
	const struct scenario *s = a->scenarios[0];

	json_t *claims = json_array();

	for (size_t i = 0; s->claims[i]; i++) {
		const struct claim *c = s->claims[i];

		json_array_append_new(claims, json_string(c->id));
		json_array_append_new(json_object_get(catalog, "claims"),
				      json_pack("{s:s, s:s, s:s, s:[], s:[]}", "id", c->id,
						"summary", c->summary, "explain", c->explain,
						"refs", "faults"));
	}
	json_array_append_new(json_object_get(catalog, "scenarios"),
			      json_pack("{s:s, s:s, s:s, s:o, s:[], s:[s]}", "id", s->id, "summary",
					s->summary, "explain", s->explain, "claims", claims,
					"needs", "watched_by", "kernel-log"));
}
