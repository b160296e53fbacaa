// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof list`: the catalogue, for people and as JSON. What one entry means is explain.c's. */
#include <stdio.h>
#include <string.h>

#include "cmd/catalog.h"
#include "cmd/cmds.h"
#include "cmd/promises.h"

enum { OPT_JSON = 1, OPT_IDS, OPT_PLANNED, OPT_PROMISES };

static const struct cmd_option options[] = {
	{ OPT_JSON, "json",
	  .summary = "The whole catalogue and the options of all commands, as JSON" },
	{ OPT_IDS, "ids", .value = "KIND",
	  .summary = "Only the ids: scenario, witness, claim or id (all)", .kind = CMD_WORDS,
	  .words = "scenario witness claim id" },
	{ OPT_PROMISES, "promises",
	  .summary = "What CPU hotplug promises, and what looks at it; with --json as JSON" },
	{ OPT_PLANNED, "planned",
	  .summary = "Only the promises that nothing looks at yet, with the reason" },
	{},
};

static int print_promises(bool is_planned, bool is_json)
{
	json_t *all;

	if (!is_json) {
		promises_print(is_planned);
		return VERDICT_EXIT_PASSED;
	}
	all = promises_json(is_planned);
	json_dumpf(all, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(all);
	return VERDICT_EXIT_PASSED;
}

static int print_json(void)
{
	json_t *all = catalog_json();

	if (!all)
		return cmd_fail(&cmd_list, VERDICT_EXIT_NOT_JUDGED, "memory is short");
	json_object_set_new(all, "commands", cmd_table_json(cmd_program()));
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
	return VERDICT_EXIT_PASSED;
}

/* An array of catalog_json(), each entry's id, and the summary when is_long. */
static void print_entries(const json_t *all, const char *key, bool is_long)
{
	json_t *entry;
	size_t i;

	if (is_long)
		printf("%s%s:\n", strcmp(key, "scenarios") == 0 ? "" : "\n", key);
	json_array_foreach(json_object_get(all, key), i, entry) {
		const char *id = json_string_value(json_object_get(entry, "id"));

		if (is_long)
			printf("  %-28s %s\n", id,
			       json_string_value(json_object_get(entry, "summary")));
		else
			printf("%s\n", id);
	}
}

static int print_ids(const char *kind)
{
	static const char *const keys[] = { "scenarios", "witnesses", "claims", "needs", NULL };
	json_t *all = catalog_json();
	bool is_known = strcmp(kind, "id") == 0;

	for (const char *const *k = keys; *k; k++) {
		bool is_it = strncmp(kind, *k, strlen(kind)) == 0 && strlen(kind) + 1 <= strlen(*k);

		is_known |= is_it;
		if (is_it || strcmp(kind, "id") == 0)
			print_entries(all, *k, false);
	}
	json_decref(all);
	return is_known ? VERDICT_EXIT_PASSED
			: cmd_usage_error(&cmd_list, "there are no ids of kind \"%s\"", kind);
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_list, argc, argv);
	const char *value, *ids = NULL;
	bool is_json = false, has_promises = false, is_planned = false;
	json_t *all;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		switch (o) {
		case OPT_JSON: is_json = true; break;
		case OPT_IDS: ids = value; break;
		case OPT_PROMISES: has_promises = true; break;
		case OPT_PLANNED: is_planned = true; break;
		case CMD_OPERAND:
			return cmd_usage_error(&cmd_list, "takes no operand, but was given \"%s\"",
					       value);
		default: return VERDICT_EXIT_USAGE;
		}
	}
	if (has_promises || is_planned)
		return print_promises(is_planned, is_json);
	if (is_json)
		return print_json();
	if (ids)
		return print_ids(ids);
	all = catalog_json();
	print_entries(all, "scenarios", true);
	print_entries(all, "witnesses", true);
	print_entries(all, "claims", true);
	print_entries(all, "needs", true);
	print_entries(all, "known", true);
	json_decref(all);
	return VERDICT_EXIT_PASSED;
}

const struct cmd cmd_list = {
	.name = "list",
	.summary = "List scenarios, witnesses, claims and needs",
	.usage = "[--json] [--promises|--planned]",
	.explain =
		"Everything that hotproof can do and what it watches. `hotproof explain ID` says more of any of them.",
	.options = options,
	.run = run,
};
