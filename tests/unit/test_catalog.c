// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges the real catalogue, all that witnesses and scenarios declare: ids, texts, references, and
 * that no claim is without a fault that makes it fail, nor a fault without a claim that catches it.
 * It runs nothing; whether a fault is really caught is tests/faults and tests/roots.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "evidence/known.h"
#include "run/run.h"
#include "scenarios/scenarios.h"
#include "scenarios/suite/suite.h"
#include "stage/act.h"
#include "witnesses/witnesses.h"

/* TESTS is tests/ in the source tree, from the build. */

#define CLAIMS_MAX 256
#define SUMMARY_MAX 72

static const struct claim *claims[CLAIMS_MAX];
static size_t n_claims;
static int n_problems;

/* All problems are shown, not only the first. */
static void problem(const char *fmt, ...) _printf_(1, 2);

static void problem(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	n_problems++;
}

static void collect(const struct claim *const *list)
{
	for (; list && *list; list++) {
		size_t i = 0;

		while (i < n_claims && claims[i] != *list)
			i++;
		assert_true(i < CLAIMS_MAX);
		if (i == n_claims)
			claims[n_claims++] = *list;
	}
}

static int collect_all(void **state)
{
	(void)state;
	collect(CLAIMS(&act_as_expected, &run_box_restored));
	for (const struct scenario *const *s = scenarios_all; *s; s++)
		collect((*s)->claims);
	for (const struct witness *const *w = witnesses_all; *w; w++)
		collect((*w)->claims);
	/* Of a scenario that is made for the suite that is asked for. */
	collect(suite_scenario(&(struct suite_setup){ .name = "x" })->claims);
	return 0;
}

static const struct claim *find_claim(const char *id)
{
	for (size_t i = 0; i < n_claims; i++)
		if (strcmp(claims[i]->id, id) == 0)
			return claims[i];
	return NULL;
}

/* "subject.kebab-claim" */
static bool is_claim_id(const char *id)
{
	size_t subject = strspn(id, "abcdefghijklmnopqrstuvwxyz"), rest;

	if (subject == 0 || id[subject] != '.')
		return false;
	id += subject + 1;
	rest = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return rest > 0 && id[rest] == '\0' && *id != '-' && id[rest - 1] != '-' &&
	       !strstr(id, "--");
}

static void judge_texts(const char *kind, const char *id, const char *summary, const char *explain)
{
	if (!summary || !*summary)
		problem("%s %s has no summary", kind, id);
	else if (strlen(summary) > SUMMARY_MAX)
		problem("%s %s: its summary has %zu characters, more than %d", kind, id,
			strlen(summary), SUMMARY_MAX);
	else if (summary[strlen(summary) - 1] == '.' || strchr(summary, '\n'))
		problem("%s %s: a summary is one line without a full stop", kind, id);
	if (!explain || strlen(explain) < 20)
		problem("%s %s explains nothing", kind, id);
}

static void claims_are_well_declared(void **state)
{
	(void)state;
	n_problems = 0;
	for (size_t i = 0; i < n_claims; i++) {
		const struct claim *c = claims[i];

		if (!is_claim_id(c->id))
			problem("claim %s: its id is not \"subject.kebab-claim\"", c->id);
		if (find_claim(c->id) != c)
			problem("claim %s is declared twice", c->id);
		judge_texts("claim", c->id, c->summary, c->explain);
		if (!c->refs || !*c->refs)
			problem("claim %s rests on nothing: it has no refs", c->id);
		if (!c->faults || !*c->faults)
			problem("claim %s has no fault that makes it fail", c->id);
	}
	assert_true(n_claims > 0);
	assert_int_equal(n_problems, 0);
}

static void witnesses_and_scenarios_are_well_declared(void **state)
{
	(void)state;
	n_problems = 0;
	for (const struct witness *const *w = witnesses_all; *w; w++) {
		judge_texts("witness", (*w)->id, (*w)->summary, (*w)->explain);
		if (!(*w)->claims || !*(*w)->claims)
			problem("witness %s makes no claim", (*w)->id);
		for (const struct witness *const *v = witnesses_all; v < w; v++)
			if (strcmp((*v)->id, (*w)->id) == 0)
				problem("witness %s is there twice", (*w)->id);
	}
	for (const struct scenario *const *s = scenarios_all; *s; s++) {
		judge_texts("scenario", (*s)->id, (*s)->summary, (*s)->explain);
		if (!strchr((*s)->id, '.'))
			problem("scenario %s: its id is not \"family.name\"", (*s)->id);
		for (const struct scenario *const *v = scenarios_all; v < s; v++)
			if (strcmp((*v)->id, (*s)->id) == 0)
				problem("scenario %s is there twice", (*s)->id);
	}
	assert_int_equal(n_problems, 0);
}

static const struct need *seen_needs[CLAIMS_MAX];
static size_t n_seen_needs;

static void judge_needs(const char *of, const struct need *const *needs)
{
	for (; needs && *needs; needs++) {
		size_t i = 0;

		if (!(*needs)->summary || !*(*needs)->summary || !(*needs)->probe ||
		    !strchr((*needs)->id, '.'))
			problem("need %s of %s is not well declared", (*needs)->id, of);
		while (i < n_seen_needs && seen_needs[i] != *needs) {
			if (strcmp(seen_needs[i]->id, (*needs)->id) == 0)
				problem("need %s of %s is declared twice", (*needs)->id, of);
			i++;
		}
		if (i == n_seen_needs && i < CLAIMS_MAX)
			seen_needs[n_seen_needs++] = *needs;
	}
}

static void needs_are_well_declared(void **state)
{
	(void)state;
	n_problems = 0;
	for (const struct witness *const *w = witnesses_all; *w; w++)
		judge_needs((*w)->id, (*w)->needs);
	for (const struct scenario *const *s = scenarios_all; *s; s++)
		judge_needs((*s)->id, (*s)->needs);
	assert_int_equal(n_problems, 0);
}

/* Whether a line of tests/unit/claims.txt is just this; lines that begin with '#' are comments. */
static bool is_in_list(const char *wanted)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	assert_int_equal(file_read(AT_FDCWD, TESTS "/unit/claims.txt", &text, NULL), 0);
	cursor = text;
	while ((line = text_next_line(&cursor)))
		if (strcmp(line, wanted) == 0)
			return true;
	return false;
}

/* What is planned, and may be named already. */
static bool is_to_come(const char *id)
{
	_cleanup_free_ char *line = text_printf("to come: %s", id);

	return is_in_list(line);
}

/* A unit test seeds the fault NAME when its text has that name in it, as "a-b" or as a_b. */
static bool is_seeded_by_unit_test(const char *name)
{
	_cleanup_free_ char *pattern = text_printf("%s", name), *command = NULL;

	for (char *c = pattern; *c; c++)
		*c = *c == '-' ? '.' : *c;
	command =
		text_printf("grep -lq '%s' %s/unit/test_*.c %s/support/*.c", pattern, TESTS, TESTS);
	return system(command) == 0;
}

static json_t *load_faults(void)
{
	json_error_t je;
	json_t *faults = json_load_file(TESTS "/faults/faults.json", 0, &je);

	if (!json_is_array(faults))
		fail_msg("tests/faults/faults.json line %d: %s", je.line, je.text);
	return faults;
}

static const json_t *find_fault(const json_t *faults, const char *id)
{
	json_t *fault;
	size_t i;

	json_array_foreach(faults, i, fault) {
		if (strcmp(json_string_value(json_object_get(fault, "id")), id) == 0)
			return fault;
	}
	return NULL;
}

static bool holds(const json_t *list, const char *word)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (strcmp(json_string_value(item), word) == 0)
			return true;
	}
	return false;
}

static void judge_fault(const struct claim *c, const char *fault, const json_t *faults)
{
	_cleanup_free_ char *path = NULL;

	if (text_starts(fault, "kmod:") || text_starts(fault, "tool:")) {
		const json_t *f = find_fault(faults, fault);

		if (!f)
			problem("claim %s: tests/faults/faults.json has no \"%s\"", c->id, fault);
		else if (!holds(json_object_get(f, "claims"), c->id))
			problem("claim %s names %s, which does not name it in tests/faults/faults.json",
				c->id, fault);
	} else if (text_starts(fault, "root:")) {
		path = text_printf("%s/roots/%s.root", TESTS, fault + 5);
		if (access(path, F_OK) < 0)
			problem("claim %s: there is no tests/roots/%s.root", c->id, fault + 5);
	} else if (text_starts(fault, "unit:")) {
		if (!is_seeded_by_unit_test(fault + 5) && !is_to_come(fault))
			problem("claim %s: no unit test seeds \"%s\"", c->id, fault);
	} else {
		problem("claim %s: \"%s\" is no kmod:, tool:, root: or unit: fault", c->id, fault);
	}
}

static void no_claim_without_a_fault(void **state)
{
	json_t *faults = load_faults();

	(void)state;
	n_problems = 0;
	for (size_t i = 0; i < n_claims; i++)
		for (const char *const *f = claims[i]->faults; f && *f; f++)
			judge_fault(claims[i], *f, faults);
	json_decref(faults);
	assert_int_equal(n_problems, 0);
}

static bool is_named(const struct claim *c, const char *fault)
{
	for (const char *const *f = c->faults; f && *f; f++)
		if (strcmp(*f, fault) == 0)
			return true;
	return false;
}

static void no_fault_without_a_claim(void **state)
{
	json_t *faults = load_faults(), *fault, *id;
	size_t i, k;

	(void)state;
	n_problems = 0;
	json_array_foreach(faults, i, fault) {
		const char *name = json_string_value(json_object_get(fault, "id"));

		/* A panic or a hang takes all claims along: a crash, a timeout, and no broken
		 * promise. */
		if (json_array_size(json_object_get(fault, "claims")) == 0 &&
		    !json_object_get(fault, "verdict"))
			problem("fault %s breaks no claim", name);
		json_array_foreach(json_object_get(fault, "claims"), k, id) {
			const struct claim *c = find_claim(json_string_value(id));

			if (!c && !is_to_come(json_string_value(id)))
				problem("fault %s breaks %s, which no one claims", name,
					json_string_value(id));
			else if (c && !is_named(c, name))
				problem("fault %s breaks %s, which does not name it in its FAULTS()",
					name, c->id);
		}
	}
	json_decref(faults);
	assert_int_equal(n_problems, 0);
}

/* An id that was once in a report is never given up, renamed or used for something else. */
static void ids_are_for_ever(void **state)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	(void)state;
	n_problems = 0;
	for (size_t i = 0; i < n_claims; i++)
		if (!is_in_list(claims[i]->id) && !is_to_come(claims[i]->id))
			problem("claim %s is new: add it to tests/unit/claims.txt", claims[i]->id);
	assert_int_equal(file_read(AT_FDCWD, TESTS "/unit/claims.txt", &text, NULL), 0);
	cursor = text;
	while ((line = text_next_line(&cursor))) {
		if (*line == '\0' || *line == '#')
			continue;
		if (text_starts(line, "to come: unit:"))
			continue;
		if (!text_starts(line, "to come: ") && !find_claim(line))
			problem("claim %s is in tests/unit/claims.txt, and no one makes it", line);
		else if (text_starts(line, "to come: ") && !find_claim(line + 9))
			print_message("not there yet: %s\n", line + 9);
	}
	assert_int_equal(n_problems, 0);
}

static void known_defects_are_claimed(void **state)
{
	json_t *known = known_defects(), *defect;
	size_t i;

	(void)state;
	json_array_foreach(known, i, defect) {
		const char *claim = json_string_value(json_object_get(defect, "claim"));

		assert_true(!claim || find_claim(claim)); /* null: a crash of the box */
	}
	json_decref(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims_are_well_declared),
		cmocka_unit_test(witnesses_and_scenarios_are_well_declared),
		cmocka_unit_test(needs_are_well_declared),
		cmocka_unit_test(no_claim_without_a_fault),
		cmocka_unit_test(no_fault_without_a_claim),
		cmocka_unit_test(ids_are_for_ever),
		cmocka_unit_test(known_defects_are_claimed),
	};

	return cmocka_run_group_tests(tests, collect_all, NULL);
}
