// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof explain ID`: all that is declared of a claim, witness, scenario, need or fault. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/catalog.h"
#include "cmd/cmds.h"
#include "evidence/known.h"

#define COLUMNS 80

/* Folds paragraphs at white space; lines that begin with a space are kept as they are. */
static void print_folded(const char *text)
{
	int column = 0;

	while (*text) {
		size_t word = strcspn(text, " \n");

		if (column > 0 && column + 1 + (int)word > COLUMNS) {
			putchar('\n');
			column = 0;
		} else if (column > 0 && word > 0) {
			putchar(' ');
			column++;
		}
		fwrite(text, 1, word, stdout);
		column += word;
		text += word;
		if (strncmp(text, "\n\n", 2) == 0) {
			printf("\n\n");
			column = 0;
		}
		text += strspn(text, " \n");
	}
	putchar('\n');
}

static void print_head(const char *kind, const char *id, const char *summary, const char *explain)
{
	printf("%s %s\n%s\n", kind, id, summary);
	if (explain && *explain) {
		putchar('\n');
		print_folded(explain);
	}
}

static void print_strings(const char *title, const char *const *s)
{
	if (!s || !*s)
		return;
	printf("\n%s:\n", title);
	for (; *s; s++)
		printf("  %s\n", *s);
}

static void print_claims(const char *title, const struct claim *const *claims)
{
	if (!claims || !*claims)
		return;
	printf("\n%s:\n", title);
	for (; *claims; claims++)
		printf("  %-28s %s\n", (*claims)->id, (*claims)->summary);
}

static void print_needs(const struct need *const *needs)
{
	if (!needs || !*needs)
		return;
	printf("\nNeeds:\n");
	for (; *needs; needs++)
		printf("  %-28s %s\n", (*needs)->id, (*needs)->summary);
}

static bool explain_claim(const char *id)
{
	const struct claim *c;
	const char *by;

	for (size_t i = 0; (c = catalog_claim(i, &by)); i++) {
		if (strcmp(c->id, id) != 0)
			continue;
		print_head("claim", c->id, c->summary, c->explain);
		printf("\nMade by:\n  %s\n", by);
		print_strings("Rests on", c->refs);
		print_strings("Proved by these faults, each of which must make it fail", c->faults);
		printf("\nTry only this:\n  hotproof run --claim %s\n", c->id);
		return true;
	}
	return false;
}

static bool explain_witness(const char *id)
{
	const struct witness *w;

	for (size_t i = 0; (w = catalog_witness(i)); i++) {
		if (strcmp(w->id, id) != 0)
			continue;
		print_head("witness", w->id, w->summary, w->explain);
		print_claims("Claims", w->claims);
		print_needs(w->needs);
		printf("\nTry only this:\n  hotproof run --witness %s\n", w->id);
		return true;
	}
	return false;
}

static bool explain_scenario(const char *id)
{
	const struct scenario *s;

	for (size_t i = 0; (s = catalog_scenario(i)); i++) {
		if (strcmp(s->id, id) != 0)
			continue;
		print_head("scenario", s->id, s->summary, s->explain);
		print_claims("Claims of its own, beside those of every witness", s->claims);
		print_needs(s->needs);
		printf("\nTry only this:\n  hotproof run --scenario %s\n", s->id);
		return true;
	}
	return false;
}

static bool has_need(const struct need *const *needs, const struct need *need)
{
	for (; needs && *needs; needs++)
		if (*needs == need)
			return true;
	return false;
}

static bool explain_need(const char *id)
{
	const struct witness *w;
	const struct scenario *s;
	const struct need *n;
	size_t i;

	for (i = 0; (n = catalog_need(i)); i++)
		if (strcmp(n->id, id) == 0)
			break;
	if (!n)
		return false;
	print_head("need", n->id, n->summary,
		   "Where it is unmet, what has it is skipped, and the skip names it.");
	printf("\nHad by:\n");
	for (i = 0; (s = catalog_scenario(i)); i++)
		if (has_need(s->needs, n))
			printf("  scenario %-19s %s\n", s->id, s->summary);
	for (i = 0; (w = catalog_witness(i)); i++)
		if (has_need(w->needs, n))
			printf("  witness %-20s %s\n", w->id, w->summary);
	return true;
}

static bool explain_fault(const char *id)
{
	const struct claim *c;
	bool is_known = false;

	for (size_t i = 0; (c = catalog_claim(i, NULL)); i++)
		for (const char *const *f = c->faults; f && *f; f++) {
			if (strcmp(*f, id) != 0)
				continue;
			if (!is_known)
				print_head(
					"fault", id,
					"A seeded defect; each of these claims must fail because of it:",
					NULL);
			is_known = true;
			printf("  %-28s %s\n", c->id, c->summary);
		}
	return is_known;
}

/* A defect of kernels that is known: a failure that it explains stays a failure and says so. */
static bool explain_known(const char *id)
{
	json_t *all = known_defects(), *one;
	bool is_known = false;
	size_t i;

	json_array_foreach(all, i, one) {
		const json_t *kernels = json_object_get(one, "kernels");
		const char *from = json_string_value(json_object_get(kernels, "from"));
		const char *claim = json_string_value(json_object_get(one, "claim"));
		const char *before = json_string_value(json_object_get(kernels, "before"));

		if (strcmp(json_string_value(json_object_get(one, "id")), id) != 0)
			continue;
		is_known = true;
		print_head("known defect", id, json_string_value(json_object_get(one, "summary")),
			   json_string_value(json_object_get(one, "reference")));
		printf("\nBreaks:\n  %s\n\nKernels:\n  from %s, %s%s\n",
		       claim ? claim : "the box itself: it crashes", from ? from : "the first",
		       before ? "fixed in " : "not fixed yet", before ? before : "");
	}
	json_decref(all);
	return is_known;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_explain, argc, argv);
	const char *value;
	int o, n = 0;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o != CMD_OPERAND)
			return VERDICT_EXIT_USAGE;
		if (n++ > 0)
			putchar('\n');
		if (!explain_claim(value) && !explain_scenario(value) && !explain_witness(value) &&
		    !explain_need(value) && !explain_fault(value) && !explain_known(value))
			return cmd_fail(
				&cmd_explain, VERDICT_EXIT_USAGE,
				"there is no claim, scenario, witness, need, fault or known defect \"%s\"; `hotproof list` names them",
				value);
	}
	return n > 0 ? VERDICT_EXIT_PASSED : cmd_usage_error(&cmd_explain, "an ID is missing");
}

const struct cmd cmd_explain = {
	.name = "explain",
	.summary = "Say what a claim, witness, scenario, need or fault is",
	.usage = "ID...",
	.explain = "Why it matters, what a failure means, where to look, and how to try just it.",
	.operands = CMD_ID,
	.run = run,
};
