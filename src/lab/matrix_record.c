// SPDX-License-Identifier: GPL-2.0-or-later
/* What a matrix comes to: the word for each cell, the exit code, and the document that a report is
 * made of. It reads and writes no file. */
#include <stdlib.h>
#include <string.h>

#include "evidence/verdict.h"
#include "lab/matrix.h"

const char *matrix_word(const struct matrix_cell *c)
{
	switch (c->state) {
	case MATRIX_WAITING: return "waiting";
	case MATRIX_RUNNING: return "running";
	case MATRIX_ABSENT: return "absent";
	default: break;
	}
	switch (c->exit) {
	case VERDICT_EXIT_PASSED: return "passed";
	case VERDICT_EXIT_FAILED: return "failed";
	case VERDICT_EXIT_NOT_TRIED: return "untried";
	default: return "no verdict";
	}
}

static void put_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, text ? json_string(text) : json_null());
}

static json_t *cell_document(const struct matrix_cell *c)
{
	json_t *o = json_object();

	put_text(o, "cell", c->id);
	put_text(o, "machine", c->machine);
	put_text(o, "kernel", c->kernel);
	put_text(o, "append", c->append);
	put_text(o, "cpu_model", c->cpu_model);
	put_text(o, "state", matrix_word(c));
	json_object_set_new(o, "exit",
			    c->state == MATRIX_ENDED ? json_integer(c->exit) : json_null());
	put_text(o, "why", c->why);
	json_object_set_new(o, "began", c->began_ms ? json_integer(c->began_ms) : json_null());
	json_object_set_new(o, "ms", json_integer(c->ms));
	json_object_set_new(o, "tries", json_integer(c->tries));
	put_text(o, "node", c->node);
	json_object_set_new(o, "counts", c->counts ? json_incref(c->counts) : json_null());
	return o;
}

json_t *matrix_document(const struct matrix *m)
{
	_cleanup_free_ char *real = realpath(m->dir, NULL);
	const char *dir = real ? real : m->dir, *slash = strrchr(dir, '/');
	json_t *doc = json_object(), *words = json_array(), *cells = json_array();

	for (size_t i = 0; m->words[i]; i++)
		json_array_append_new(words, json_string(m->words[i]));
	for (size_t i = 0; i < m->n_cells; i++)
		json_array_append_new(cells, cell_document(&m->cells[i]));
	json_object_set_new(doc, "format", json_integer(1));
	put_text(doc, "matrix", slash && slash[1] ? slash + 1 : dir);
	json_object_set_new(doc, "exit", json_integer(matrix_exit(m)));
	json_object_set_new(doc, "words", words);
	json_object_set_new(doc, "cells", cells);
	return doc;
}

int matrix_exit(const struct matrix *m)
{
	bool has_failed = false, has_none = false, has_passed = false;

	for (size_t i = 0; i < m->n_cells; i++) {
		const struct matrix_cell *c = &m->cells[i];

		if (c->state == MATRIX_ABSENT)
			continue;
		if (c->state != MATRIX_ENDED ||
		    (c->exit != VERDICT_EXIT_PASSED && c->exit != VERDICT_EXIT_FAILED &&
		     c->exit != VERDICT_EXIT_NOT_TRIED))
			has_none = true;
		else if (c->exit == VERDICT_EXIT_FAILED)
			has_failed = true;
		else
			has_passed |= c->exit == VERDICT_EXIT_PASSED;
	}
	return has_failed   ? VERDICT_EXIT_FAILED
	       : has_none   ? VERDICT_EXIT_NOT_JUDGED
	       : has_passed ? VERDICT_EXIT_PASSED
			    : VERDICT_EXIT_NOT_TRIED;
}
