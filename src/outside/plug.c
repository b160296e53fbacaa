// SPDX-License-Identifier: GPL-2.0-or-later
/* The judgement of CPUs that come and go as hardware. */
#include "outside/plug.h"

#include <string.h>

#include "base/text.h"
#include "outside/line.h"

#define WITNESS "stage"

json_t *plug_judge(const json_t *seen, const struct plug_facts *facts)
{
	const json_t *data = json_object_get(seen, "data");
	const char *what = json_string_value(json_object_get(data, "do"));
	int cpu = (int)json_integer_value(json_object_get(data, "cpu"));
	bool is_add = what && strcmp(what, "add") == 0;
	bool is_seen = json_is_true(json_object_get(data, "reached"));
	bool is_met = is_seen && facts->has_it == is_add;
	json_t *lines = json_array(), *evidence = json_object();
	char *text;

	json_object_update(evidence, (json_t *)data);
	json_object_set_new(evidence, "platform_has_it", json_boolean(facts->has_it));
	if (facts->refused)
		text = text_printf("the platform did not %s cpu%d: %s", is_add ? "add" : "remove",
				   cpu, facts->refused);
	else if (facts->unknown)
		text = text_printf("the platform does not say whether it has cpu%d: %s", cpu,
				   facts->unknown);
	else if (is_add)
		text = text_printf("cpu%d was added by the platform and is %sthere for the kernel",
				   cpu, is_seen ? "" : "not ");
	else
		text = text_printf(
			"cpu%d was taken by the platform: the kernel %s it, the platform %s", cpu,
			is_seen ? "let go of" : "still has",
			facts->has_it ? "did not get it back" : "got it back");
	json_array_append_new(lines, line_expect(seen, WITNESS,
						 json_integer_value(json_object_get(seen, "t")),
						 is_add ? "plug.cpu-arrives" : "plug.cpu-leaves",
						 facts->refused || facts->unknown ? "unexercised"
						 : is_met                         ? "met"
										  : "unmet",
						 text, evidence));
	return lines;
}
