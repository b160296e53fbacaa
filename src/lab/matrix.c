// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads and writes a matrix's folder. */
#include "lab/matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "evidence/verdict.h"

static void cell_clear(struct matrix_cell *c)
{
	free(c->id);
	free(c->machine);
	free(c->kernel);
	free(c->append);
	free(c->cpu_model);
	free(c->why);
	free(c->node);
	json_decref(c->counts);
}

void matrix_free(struct matrix *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_cells; i++)
		cell_clear(&m->cells[i]);
	for (size_t i = 0; m->words && m->words[i]; i++)
		free(m->words[i]);
	free(m->words);
	free(m->cells);
	free(m->dir);
	free(m);
}

int matrix_new(const char *dir, const char *const *words, struct matrix **ret)
{
	_cleanup_(cleanup_matrix) struct matrix *m = calloc(1, sizeof(*m));
	size_t n = 0;

	while (words && words[n])
		n++;
	if (!m)
		return -ENOMEM;
	m->dir = strdup(dir);
	m->words = calloc(n + 1, sizeof(*m->words));
	if (!m->dir || !m->words)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		m->words[i] = strdup(words[i]);
		if (!m->words[i])
			return -ENOMEM;
	}
	*ret = take_ptr(m);
	return 0;
}

/* A name that is a file's: "debian:sid/generic" becomes "sid-generic". */
static char *cell_id(const char *machine, const char *kernel, const char *option)
{
	const char *base = strrchr(machine, '/');
	char *id;

	if (kernel && text_starts(kernel, "debian:"))
		kernel += strlen("debian:");
	id = text_printf("%s%s%s%s%s", base ? base + 1 : machine, kernel ? "+" : "",
			 kernel ? kernel : "", option ? "+" : "", option ? option : "");
	for (char *p = id; p && *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+=",
			    *p))
			*p = '-';
	return id;
}

static char *copy(const char *s, bool *ret_is_short)
{
	char *c = s ? strdup(s) : NULL;

	*ret_is_short |= s && !c;
	return c;
}

static int add_cell(struct matrix *m, char *id, const struct matrix_cell *like)
{
	struct matrix_cell *bigger, *c;
	bool is_short = false;

	for (size_t i = 0; id && i < m->n_cells; i++)
		if (strcmp(m->cells[i].id, id) == 0) {
			free(id);
			return -EEXIST;
		}
	bigger = reallocarray(m->cells, m->n_cells + 1, sizeof(*bigger));
	if (!bigger || !id) {
		free(id);
		m->cells = bigger ? bigger : m->cells;
		return -ENOMEM;
	}
	m->cells = bigger;
	c = &m->cells[m->n_cells++];
	*c = (struct matrix_cell){ .id = id,
				   .machine = copy(like->machine, &is_short),
				   .kernel = copy(like->kernel, &is_short),
				   .append = copy(like->append, &is_short),
				   .cpu_model = copy(like->cpu_model, &is_short) };
	return is_short ? -ENOMEM : 0;
}

int matrix_add(struct matrix *m, const char *machine, const char *kernel,
	       const struct options_set *options)
{
	struct matrix_cell like = { .machine = (char *)machine, .kernel = (char *)kernel };

	if (options) {
		like.append = *options->append ? options->append : NULL;
		like.cpu_model = options->cpu_model;
	}
	return add_cell(m, cell_id(machine, kernel, options ? options->name : NULL), &like);
}

int matrix_add_like(struct matrix *m, const struct matrix_cell *c)
{
	return add_cell(m, strdup(c->id), c);
}

char *matrix_path(const struct matrix *m, const struct matrix_cell *c, const char *suffix)
{
	return text_printf("%s/%s%s", m->dir, c->id, suffix);
}

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static int put(const char *path, json_t *doc)
{
	_cleanup_free_ char *text = json_dumps(doc, JSON_INDENT(1) | JSON_PRESERVE_ORDER);

	json_decref(doc);
	if (!path || !text)
		return -ENOMEM;
	return file_replace(AT_FDCWD, path, text, strlen(text));
}

int matrix_create(const struct matrix *m, struct error *err)
{
	_cleanup_free_ char *path = text_printf("%s/matrix.json", m->dir);
	json_t *words = json_array(), *cells = json_array();
	int r;

	for (size_t i = 0; m->words[i]; i++)
		json_array_append_new(words, json_string(m->words[i]));
	for (size_t i = 0; i < m->n_cells; i++) {
		const struct matrix_cell *c = &m->cells[i];

		json_array_append_new(cells, json_pack("{s:s, s:s, s:o, s:o, s:o}", "cell", c->id,
						       "machine", c->machine, "kernel",
						       text_or_null(c->kernel), "append",
						       text_or_null(c->append), "cpu_model",
						       text_or_null(c->cpu_model)));
	}
	if (path && access(path, F_OK) == 0) {
		json_decref(words);
		json_decref(cells);
		return error_set(
			err, EEXIST,
			"there is a matrix in \"%s\" already; go on with it: hotproof lab resume %s",
			m->dir, m->dir);
	}
	r = file_mkdirs(m->dir, 0755);
	if (r == 0)
		r = put(path,
			json_pack("{s:i, s:o, s:o}", "format", 1, "words", words, "cells", cells));
	return r < 0 ? error_set(err, -r, "cannot write \"%s\": %s", path ? path : m->dir,
				 strerror(-r))
		     : 0;
}

static json_t *load(const struct matrix *m, const struct matrix_cell *c, const char *suffix)
{
	_cleanup_free_ char *path = matrix_path(m, c, suffix);

	return path ? json_load_file(path, 0, NULL) : NULL;
}

static bool has_word(const struct matrix *m, const char *word)
{
	for (size_t i = 0; m->words[i]; i++)
		if (strcmp(m->words[i], word) == 0)
			return true;
	return false;
}

/*
 * What the run itself left. One that went to its end has ended, also when nobody was there any more
 * to write that down; one that a kill cut short is made again.
 */
static void take_results(struct matrix *m, struct matrix_cell *c)
{
	json_t *results = load(m, c, "/results.json"), *counts = json_object_get(results, "counts");

	if (counts && c->state == MATRIX_WAITING &&
	    json_is_true(json_object_get(results, "complete"))) {
		c->state = MATRIX_ENDED;
		c->exit = (int)json_integer_value(json_object_get(
			results, has_word(m, "--known-ok") ? "exit_known_ok" : "exit"));
	}
	if (counts && c->state == MATRIX_ENDED) {
		json_decref(c->counts);
		c->counts = json_incref(counts);
	}
	json_decref(results);
}

static void take_state(struct matrix *m, struct matrix_cell *c)
{
	json_t *end = load(m, c, ".json");
	const char *why = json_string_value(json_object_get(end, "why"));
	const char *node = json_string_value(json_object_get(end, "node"));

	if (json_is_integer(json_object_get(end, "exit"))) {
		c->state = MATRIX_ENDED;
		c->exit = (int)json_integer_value(json_object_get(end, "exit"));
		c->why = why ? strdup(why) : NULL;
		c->began_ms = json_integer_value(json_object_get(end, "began"));
		c->ms = json_integer_value(json_object_get(end, "ms"));
		c->node = node ? strdup(node) : NULL;
		c->tries = (int)json_integer_value(json_object_get(end, "tries"));
	}
	json_decref(end);
	take_results(m, c);
}

/* Only copied from. */
static char *text_of(const json_t *o, const char *key)
{
	return (char *)json_string_value(json_object_get(o, key));
}

static int fill(struct matrix *m, const json_t *doc)
{
	json_t *words = json_object_get(doc, "words"), *one;
	size_t i;

	m->words = calloc(json_array_size(words) + 1, sizeof(*m->words));
	if (!m->words)
		return -ENOMEM;
	json_array_foreach(words, i, one) {
		if (!json_is_string(one))
			return -EBADMSG;
		m->words[i] = strdup(json_string_value(one));
		if (!m->words[i])
			return -ENOMEM;
	}
	json_array_foreach(json_object_get(doc, "cells"), i, one) {
		const char *id = json_string_value(json_object_get(one, "cell"));
		const char *machine = json_string_value(json_object_get(one, "machine"));
		int r;

		/* It becomes a path. */
		if (!id || !machine || strchr(id, '/') || *id == '.')
			return -EBADMSG;
		r = add_cell(m, strdup(id),
			     &(struct matrix_cell){ .machine = text_of(one, "machine"),
						    .kernel = text_of(one, "kernel"),
						    .append = text_of(one, "append"),
						    .cpu_model = text_of(one, "cpu_model") });
		if (r < 0)
			return r;
		take_state(m, &m->cells[m->n_cells - 1]);
	}
	return 0;
}

int matrix_open(const char *dir, struct matrix **ret, struct error *err)
{
	_cleanup_(cleanup_matrix) struct matrix *m = calloc(1, sizeof(*m));
	_cleanup_free_ char *path = text_printf("%s/matrix.json", dir);
	json_error_t where;
	json_t *doc;
	int r;

	if (!m || !path)
		return -ENOMEM;
	m->dir = strdup(dir);
	doc = json_load_file(path, 0, &where);
	if (!doc)
		return error_set(err, ENOENT, "\"%s\" is no matrix's folder: %s", dir, where.text);
	r = m->dir ? fill(m, doc) : -ENOMEM;
	json_decref(doc);
	if (r < 0)
		return error_set(err, -r, "\"%s\" is no matrix's plan: %s", path, strerror(-r));
	*ret = take_ptr(m);
	return 0;
}

/* What the run said last of itself; "hotproof-lab run: " before it says nothing new. */
static char *last_words(const struct matrix *m, const struct matrix_cell *c)
{
	_cleanup_free_ char *path = matrix_path(m, c, ".log"), *text = NULL;
	char *cursor, *line, *last = NULL;

	if (!path || file_read(AT_FDCWD, path, &text, NULL) < 0)
		return NULL;
	for (cursor = text; (line = text_next_line(&cursor));)
		if (text_starts(line, "hotproof"))
			last = line;
	if (!last)
		return NULL;
	return strdup(strstr(last, ": ") ? strstr(last, ": ") + 2 : last);
}

int matrix_write_end(const char *path, const struct matrix_cell *c)
{
	return put(path,
		   json_pack("{s:i, s:o, s:I, s:I, s:i, s:o}", "exit", c->exit, "why",
			     text_or_null(c->why), "began", (json_int_t)c->began_ms, "ms",
			     (json_int_t)c->ms, "tries", c->tries, "node", text_or_null(c->node)));
}

int matrix_settle(struct matrix *m, struct matrix_cell *c, int exit_code)
{
	_cleanup_free_ char *path = matrix_path(m, c, ".json");

	free(c->why);
	c->why = exit_code == VERDICT_EXIT_PASSED || exit_code == VERDICT_EXIT_NOT_TRIED
			 ? NULL
			 : last_words(m, c);
	c->exit = exit_code;
	c->state = MATRIX_ENDED;
	take_results(m, c);
	return matrix_write_end(path, c);
}
