// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads run directories for `hotproof lab shrink`: the plan, the options, and what failed. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/lab_shrink.h"

static json_t *load(const char *run, const char *name)
{
	_cleanup_free_ char *path = text_printf("%s/%s", run, name), *text = NULL;

	if (!path || file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	/* plan.json holds one plan a line. */
	return json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
}

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool is_bad(const json_t *result)
{
	const char *v = str(result, "verdict");

	return !json_is_object(json_object_get(result, "known")) &&
	       (strcmp(v, "fail") == 0 || strcmp(v, "crash") == 0 || strcmp(v, "timeout") == 0);
}

static json_t *find_plan(const char *run, const char *scenario)
{
	_cleanup_free_ char *path = text_printf("%s/plan.json", run), *text = NULL;
	char *cursor, *line;

	if (!path || file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	for (cursor = text; (line = text_next_line(&cursor));) {
		json_t *plan = json_loads(line, 0, NULL);

		if (plan && strcmp(str(plan, "scenario"), scenario) == 0)
			return plan;
		json_decref(plan);
	}
	return NULL;
}

/* The words of a line as a shell would see them; it has single quotes only, and none within them.
 */
static char **split(const char *line)
{
	char **words = calloc(strlen(line) / 2 + 2, sizeof(*words));
	size_t n = 0;

	while (words && *(line += strspn(line, " "))) {
		bool is_quoted = *line == '\'';
		size_t len = strcspn(line += is_quoted, is_quoted ? "'" : " ");

		words[n++] = strndup(line, len);
		line += len + (is_quoted && line[len]);
	}
	return words;
}

static void drop(char **words, size_t at, size_t n)
{
	for (; n > 0; n--) {
		free(words[at]);
		for (size_t i = at; words[i]; i++)
			words[i] = words[i + 1];
	}
}

/* "hotproof lab run OPTION...", less what is said anew for each try. */
static char **options_of(const char *repeat)
{
	static const char *const own[] = { "--plan", "--seed" };
	char **words = split(repeat);

	if (!words || !words[0] || !words[1] || !words[2] || strcmp(words[1], "lab") != 0 ||
	    strcmp(words[2], "run") != 0) {
		for (size_t i = 0; words && words[i]; i++)
			free(words[i]);
		free(words);
		return NULL;
	}
	drop(words, 0, 3);
	for (size_t i = 0; words[i];) {
		size_t n = 0;

		for (size_t k = 0; k < ARRAY_SIZE(own); k++)
			if (text_starts(words[i], own[k]))
				n = strchr(words[i], '=') || !words[i + 1] ? 1 : 2;
		if (strcmp(words[i], "--deep") == 0 || strcmp(words[i], "--quiet") == 0 ||
		    strcmp(words[i], "-q") == 0 || strcmp(words[i], "--no-report") == 0 ||
		    strcmp(words[i], "--no-retry") == 0)
			n = 1;
		if (n)
			drop(words, i, n);
		else
			i++;
	}
	return words;
}

static char *bad_claims(const json_t *results, const char *scenario)
{
	char *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);
	json_t *one;

	if (!f)
		return NULL;
	json_array_foreach(json_object_get(results, "results"), i, one)
		if (is_bad(one) && strcmp(str(one, "scenario"), scenario) == 0)
			fprintf(f, "%s%s", ftell(f) ? " " : "", str(one, "claim"));
	fclose(f);
	return text;
}

/* The first scenario of which something failed and which had a plan. */
static json_t *choose_plan(const char *run, const json_t *results, const char *scenario)
{
	json_t *one, *plan = NULL;
	size_t i;

	json_array_foreach(json_object_get(results, "results"), i, one) {
		if (!is_bad(one) || (scenario && strcmp(str(one, "scenario"), scenario) != 0))
			continue;
		plan = find_plan(run, str(one, "scenario"));
		if (plan)
			return plan;
	}
	return NULL;
}

int lab_shrink_source_read(const char *run, const char *scenario, struct lab_shrink_source *ret,
			   struct error *err)
{
	json_t *results = load(run, "results.json"), *meta = load(run, "meta.json");
	int r = 0;

	if (!results || !meta)
		r = error_set(
			err, ENOENT,
			"\"%s\" is no judged run directory: it has no results.json and meta.json",
			run);
	if (r == 0) {
		ret->plan = choose_plan(run, results, scenario);
		if (!ret->plan)
			r = error_set(err, ENODATA,
				      "no race%s%s failed in \"%s\", but for known defects",
				      scenario ? " " : "", scenario ? scenario : "", run);
	}
	if (r == 0) {
		ret->scenario = str(ret->plan, "scenario");
		ret->claims = bad_claims(results, ret->scenario);
		ret->words = options_of(str(meta, "repeat"));
		if (!ret->words)
			r = error_set(
				err, EINVAL,
				"\"%s\" was no run of the lab: only those can be tried again in fresh guests",
				run);
	}
	json_decref(results);
	json_decref(meta);
	return r;
}

void lab_shrink_source_clear(struct lab_shrink_source *s)
{
	for (size_t i = 0; s->words && s->words[i]; i++)
		free(s->words[i]);
	free(s->words);
	free(s->claims);
	json_decref(s->plan);
}

static bool has_claim(const char *claims, const char *claim)
{
	_cleanup_free_ char *copy = strdup(claims);
	char *cursor = copy, *word;

	while (copy && (word = text_next_word(&cursor)))
		if (strcmp(word, claim) == 0)
			return true;
	return false;
}

int lab_shrink_source_fails(const struct lab_shrink_source *s, const char *run)
{
	json_t *results = load(run, "results.json"), *one;
	int r = -ENODATA;
	size_t i;

	json_array_foreach(json_object_get(results, "results"), i, one) {
		if (strcmp(str(one, "scenario"), s->scenario) != 0 ||
		    !has_claim(s->claims, str(one, "claim")))
			continue;
		if (is_bad(one))
			r = 1;
		else if (r < 0)
			r = 0;
	}
	json_decref(results);
	return r;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void lab_shrink_source_forget(const char *dir)
{
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
		errno = 0;
}
