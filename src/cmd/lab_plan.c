// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab plan`: which machine can try what, and what none of them can. No guest is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/lab.h"
#include "lab/guest_program.h"
#include "lab/plan.h"

#define MACHINES_MAX 64

enum { OPT_JSON = 1, OPT_UNTRIED, OPT_CHECK };

static const struct cmd_option options[] = {
	{ OPT_JSON, "json", 0, NULL, "The whole plan as JSON" },
	{ OPT_UNTRIED, "untried", 0, NULL,
	  "Only the claims that no machine can try, each with its first unmet need" },
	{ OPT_CHECK, "check", 0, "FILE",
	  "Exit 1 when more is untried than the lines of this file say", CMD_FILE },
	{},
};

struct machines {
	struct machine *list[MACHINES_MAX + 1];
	size_t n;
};

static void machines_clear(struct machines *m)
{
	while (m->n > 0)
		machine_free(m->list[--m->n]);
}

static int add_machine(struct machines *m, const char *name)
{
	struct error err = {};

	if (m->n == MACHINES_MAX)
		return cmd_usage_error(&cmd_lab_plan, "at most %d machines at a time",
				       MACHINES_MAX);
	if (machine_load(name, &m->list[m->n], &err) < 0)
		return cmd_usage_error(&cmd_lab_plan, "%s", err.text);
	m->n++;
	return 0;
}

static int add_all(struct machines *m)
{
	int r = 0;

	for (const struct embedded_text *t = machine_texts; r == 0 && t->name; t++)
		r = add_machine(m, t->name);
	return r;
}

/* As the program beside this one says: the lab itself knows no claim. */
static json_t *read_catalog(struct error *err)
{
	_cleanup_free_ char *own = guest_program_own(), *text = NULL;
	const char *const argv[] = { own, "list", "--json", NULL };
	json_t *catalog = NULL;
	int status = 0;

	if (!own || process_capture(argv, wait_now_ns() + wait_scaled(20 * NS_PER_S), &text,
				    &status, err) < 0)
		return NULL;
	catalog = json_loads(text, 0, NULL);
	if (!catalog)
		error_set(err, EBADMSG, "\"%s list --json\" says nothing that could be read", own);
	return catalog;
}

/* Scenarios by what they lack: one line a need. */
static void print_lacks(const json_t *scenarios)
{
	json_t *by_need = json_object(), *need, *list;
	const char *id;
	size_t i;

	json_object_foreach((json_t *)scenarios, id, need) {
		if (json_is_null(need))
			continue;
		list = json_object_get(by_need, json_string_value(need));
		if (!list) {
			list = json_array();
			json_object_set_new(by_need, json_string_value(need), list);
		}
		json_array_append_new(list, json_string(id));
	}
	json_object_foreach(by_need, id, list) {
		printf("    lacks %-26s for", id);
		json_array_foreach(list, i, need)
			printf(" %s", json_string_value(need));
		putchar('\n');
	}
	json_decref(by_need);
}

static void print_machines(const json_t *plan)
{
	const char *name, *id;
	json_t *one, *need;

	json_object_foreach(json_object_get(plan, "machines"), name, one) {
		json_t *scenarios = json_object_get(one, "scenarios");
		size_t n = 0;

		json_object_foreach(scenarios, id, need)
			n += json_is_null(need);
		printf("%-22s %-8s kernel %-18s %zu of %zu scenarios\n", name,
		       json_string_value(json_object_get(one, "arch")),
		       json_string_value(json_object_get(one, "kernel")), n,
		       json_object_size(scenarios));
		print_lacks(scenarios);
	}
}

static void print_untried(const json_t *plan)
{
	const char *claim;
	json_t *need;

	json_object_foreach(json_object_get(plan, "untried"), claim, need)
		printf("%s %s\n", claim, json_string_value(need));
}

static void print_all(const json_t *plan)
{
	size_t n_untried = json_object_size(json_object_get(plan, "untried"));

	print_machines(plan);
	printf("\n%zu of %zu claims can be tried",
	       json_object_size(json_object_get(plan, "claims")) - n_untried,
	       json_object_size(json_object_get(plan, "claims")));
	printf(n_untried ? "; no machine can try, for want of:\n" : "\n");
	print_untried(plan);
}

static int check(const json_t *plan, const char *file)
{
	_cleanup_free_ char *expected = NULL, *grown = NULL, *gone = NULL;
	int r = file_read(AT_FDCWD, file, &expected, NULL);

	if (r < 0)
		return cmd_usage_error(&cmd_lab_plan, "cannot read \"%s\": %s", file, strerror(-r));
	if (plan_compare(plan, expected, &grown, &gone) < 0)
		return cmd_fail(&cmd_lab_plan, VERDICT_EXIT_NOT_JUDGED, "memory is short");
	if (*gone)
		printf("no longer untried, take these lines out of \"%s\":\n%s", file, gone);
	if (*grown)
		printf("no machine can try, and \"%s\" does not say so:\n%s", file, grown);
	if (!*grown)
		return *gone ? VERDICT_EXIT_FAILED : VERDICT_EXIT_PASSED;
	return cmd_fail(&cmd_lab_plan, VERDICT_EXIT_FAILED,
			"claims that no machine of the lab can try: give a machine what they need "
			"(\"provides\" in its file), or add the lines to \"%s\" and say why",
			file);
}

static int print(struct machines *machines, int how, const char *file)
{
	struct error err = {};
	json_t *catalog = read_catalog(&err), *plan = NULL;
	int r;

	if (!catalog)
		return cmd_fail(&cmd_lab_plan, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	r = plan_make(catalog, (const struct machine *const *)machines->list, &plan);
	json_decref(catalog);
	if (r < 0)
		return cmd_fail(&cmd_lab_plan, VERDICT_EXIT_NOT_JUDGED, "%s", strerror(-r));
	if (how == OPT_CHECK)
		r = check(plan, file);
	else if (how == OPT_JSON)
		r = json_dumpf(plan, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER) < 0 ||
		    putchar('\n') < 0;
	else if (how == OPT_UNTRIED)
		print_untried(plan);
	else
		print_all(plan);
	json_decref(plan);
	return r;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_plan, argc, argv);
	struct machines machines = {};
	const char *value, *file = NULL;
	int o, r = 0, how = 0;

	while (r == 0 && (o = cmd_next(&args, &value)) != CMD_END) {
		if (o == CMD_OPERAND)
			r = add_machine(&machines, value);
		else if (o == -1)
			r = VERDICT_EXIT_USAGE;
		else
			how = o;
		if (o == OPT_CHECK)
			file = value;
	}
	if (r == 0 && machines.n == 0)
		r = add_all(&machines);
	if (r == 0)
		r = print(&machines, how, file);
	machines_clear(&machines);
	return r;
}

const struct cmd cmd_lab_plan = {
	.name = "plan",
	.summary = "Say which machine can try what, and which claims none can",
	.usage = "[OPTION]... [MACHINE]...",
	.explain =
		"Compares what scenarios and witnesses need with what each MACHINE (default: all that are built in) provides: its file "
		"says it, and a guest of the lab has the rest. Nothing is started.",
	.options = options,
	.run = run,
};
