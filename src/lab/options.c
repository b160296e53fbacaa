// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads options.json, keeps what fits the machine, and words the rows of the plan. */
#include "lab/options.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/pairwise.h"

/* Made of options.json by the build. */
extern const char options_text[];
extern const size_t options_text_size;

struct axis {
	const json_t *values[PAIRWISE_VALUES_MAX];
	int n_values;
};

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool has_word(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

/* No list, or one with the machine's architecture in it; and threads, where threads are needed. */
static bool fits(const json_t *o, const struct machine *m)
{
	json_t *arches = json_object_get(o, "arches"), *one;
	bool found = !json_is_array(arches);
	size_t i;

	json_array_foreach(arches, i, one)
		found |= strcmp(json_string_value(one), m->arch) == 0;
	return found && (!json_is_true(json_object_get(o, "needs_threads")) || m->threads > 1);
}

static void take_axis(const json_t *declared, const struct machine *m, struct axis *ret)
{
	json_t *value;
	size_t i;

	ret->n_values = 0;
	json_array_foreach(json_object_get(declared, "values"), i, value)
		if (fits(value, m) && ret->n_values < PAIRWISE_VALUES_MAX)
			ret->values[ret->n_values++] = value;
}

static size_t take_axes(const json_t *all, const struct machine *m, const char *const *axes,
			struct axis *ret)
{
	size_t n = 0, i;
	json_t *one;

	json_array_foreach(all, i, one) {
		if ((axes && !has_word(axes, text(one, "axis"))) || !fits(one, m) ||
		    n == PAIRWISE_AXES_MAX)
			continue;
		take_axis(one, m, &ret[n]);
		n += ret[n].n_values > 1;
	}
	return n;
}

static int check_axes(const json_t *all, const char *const *axes, struct error *err)
{
	for (; axes && *axes; axes++) {
		_cleanup_free_ char *known = NULL;
		bool found = false;
		json_t *one;
		size_t i;

		json_array_foreach(all, i, one)
			found |= strcmp(text(one, "axis"), *axes) == 0;
		if (found)
			continue;
		known = options_axes();
		return error_set(err, EINVAL, "there is no axis \"%s\" of options, only: %s", *axes,
				 known ? known : "");
	}
	return 0;
}

/* The words of a row: what differs from the defaults. */
static int word_set(const struct axis *axes, size_t n_axes, const int *row, struct options_set *ret)
{
	FILE *name, *append;
	bool is_short;
	size_t len;

	name = open_memstream(&ret->name, &len);
	append = open_memstream(&ret->append, &len);
	for (size_t a = 0; name && append && a < n_axes; a++) {
		const json_t *value = axes[a].values[row[a]];
		const char *model = text(value, "cpu_model");

		if (*text(value, "name"))
			fprintf(name, "%s%s", ftell(name) > 0 ? "+" : "", text(value, "name"));
		if (*text(value, "append"))
			fprintf(append, "%s%s", ftell(append) > 0 ? " " : "",
				text(value, "append"));
		if (*model)
			ret->cpu_model = strdup(model);
	}
	if (name && ftell(name) == 0)
		fputs("defaults", name);
	/* Both are closed, whatever the first says. */
	is_short = !name || fclose(name) != 0;
	is_short |= !append || fclose(append) != 0;
	return is_short ? -ENOMEM : 0;
}

static int word_rows(const struct axis *axes, size_t n_axes, const int *rows, size_t n,
		     struct options_list *ret)
{
	int r = 0;

	ret->sets = calloc(n, sizeof(*ret->sets));
	if (!ret->sets)
		return -ENOMEM;
	for (; r == 0 && ret->n < n; ret->n++)
		r = word_set(axes, n_axes, rows + ret->n * n_axes, &ret->sets[ret->n]);
	return r;
}

int options_plan(const struct machine *m, const char *const *axes, bool is_full,
		 struct options_list *ret, struct error *err)
{
	json_t *all = json_loadb(options_text, options_text_size, 0, NULL);
	struct axis chosen[PAIRWISE_AXES_MAX];
	int sizes[PAIRWISE_AXES_MAX + 1] = { 1 };
	_cleanup_free_ int *rows = NULL;
	struct options_list list = {};
	size_t n_axes, n = 0;
	int r = all ? check_axes(all, axes, err) : -ENOMEM;

	n_axes = r < 0 ? 0 : take_axes(all, m, axes, chosen);
	for (size_t i = 0; i < n_axes; i++)
		sizes[i] = chosen[i].n_values;
	/* No axis means anything here: then there are the defaults. */
	if (r == 0)
		r = (is_full ? pairwise_product : pairwise_plan)(sizes, n_axes ? n_axes : 1, &rows,
								 &n);
	if (r == -E2BIG)
		error_set(
			err, E2BIG,
			"the full product of these options has more than %d cells: name fewer axes",
			PAIRWISE_ROWS_MAX);
	if (r == 0)
		r = word_rows(chosen, n_axes, rows, n, &list);
	json_decref(all);
	if (r < 0) {
		options_list_clear(&list);
		return r;
	}
	*ret = list;
	return 0;
}

void options_list_clear(struct options_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->sets[i].name);
		free(l->sets[i].append);
		free(l->sets[i].cpu_model);
	}
	free(l->sets);
	*l = (struct options_list){};
}

char *options_axes(void)
{
	json_t *all = json_loadb(options_text, options_text_size, 0, NULL), *one;
	char *words = NULL;
	size_t len, i;
	FILE *f = open_memstream(&words, &len);

	json_array_foreach(all, i, one)
		if (f)
			fprintf(f, "%s%s", i ? " " : "", text(one, "axis"));
	if (f)
		fclose(f);
	json_decref(all);
	return words;
}
