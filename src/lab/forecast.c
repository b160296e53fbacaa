// SPDX-License-Identifier: GPL-2.0-or-later
/* The rest of a matrix is played through in thought: each free place takes the next waiting cell.
 */
#include "lab/forecast.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "evidence/verdict.h"
#include "lab/cache.h"

#define PLACES_MAX 1024
#define REMEMBERED_MAX 2000

struct forecast {
	const struct matrix *matrix;
	int jobs;
	json_t *seen; /* key: ms */
};

/* What is the same for cells that take about as long. */
static char *key_of(const struct matrix *m, const struct matrix_cell *c)
{
	char *key = NULL;
	size_t len;
	FILE *f = open_memstream(&key, &len);

	if (!f)
		return NULL;
	fprintf(f, "%s %s", c->machine, c->kernel ? c->kernel : "-");
	for (size_t i = 0; m->words[i]; i++)
		fprintf(f, " %s", m->words[i]);
	fclose(f);
	return key;
}

struct forecast *forecast_new(const struct matrix *m, int jobs)
{
	_cleanup_free_ char *path = cache_path("durations.json");
	struct forecast *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->matrix = m;
	f->jobs = jobs < 1 ? 1 : jobs > PLACES_MAX ? PLACES_MAX : jobs;
	f->seen = path ? json_load_file(path, 0, NULL) : NULL;
	if (!json_is_object(f->seen)) {
		json_decref(f->seen);
		f->seen = json_object();
	}
	return f;
}

void forecast_free(struct forecast *f)
{
	if (!f)
		return;
	json_decref(f->seen);
	free(f);
}

static bool has_taken(const struct matrix_cell *c)
{
	return c->state == MATRIX_ENDED && c->ms > 0 &&
	       (c->exit == VERDICT_EXIT_PASSED || c->exit == VERDICT_EXIT_FAILED);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Median of the cells that have ended, of one machine (NULL: of all); -1: none has. */
static int64_t median(const struct matrix *m, const char *machine)
{
	_cleanup_free_ int64_t *ms = calloc(m->n_cells + 1, sizeof(*ms));
	size_t n = 0;

	for (size_t i = 0; ms && i < m->n_cells; i++)
		if (has_taken(&m->cells[i]) &&
		    (!machine || strcmp(m->cells[i].machine, machine) == 0))
			ms[n++] = m->cells[i].ms;
	if (n == 0)
		return -1;
	qsort(ms, n, sizeof(*ms), by_value);
	return ms[n / 2];
}

int64_t forecast_cell_ms(const struct forecast *f, const struct matrix_cell *c)
{
	_cleanup_free_ char *key = NULL;
	int64_t ms = median(f->matrix, c->machine);

	if (ms >= 0)
		return ms;
	key = key_of(f->matrix, c);
	ms = key ? json_integer_value(json_object_get(f->seen, key)) : 0;
	return ms > 0 ? ms : median(f->matrix, NULL);
}

/* A cell that takes longer than was thought is nearly ready, for all that is known. */
static int64_t left_of(const struct forecast *f, const struct matrix_cell *c, int64_t now_ms)
{
	int64_t expected = forecast_cell_ms(f, c), spent = now_ms - c->began_ms;

	if (expected < 0)
		return -1;
	return expected - spent > expected / 20 ? expected - spent : expected / 20;
}

static int64_t *earliest(int64_t *places, int n)
{
	int64_t *best = places;

	for (int i = 1; i < n; i++)
		if (places[i] < *best)
			best = &places[i];
	return best;
}

int64_t forecast_rest_ms(const struct forecast *f, int64_t now_ms)
{
	_cleanup_free_ int64_t *places = calloc((size_t)f->jobs, sizeof(*places));
	int64_t rest = 0;

	if (!places)
		return -1;
	for (int is_waiting = 0; is_waiting < 2; is_waiting++)
		for (size_t i = 0; i < f->matrix->n_cells; i++) {
			const struct matrix_cell *c = &f->matrix->cells[i];
			int64_t ms, *place;

			if (c->state != (is_waiting ? MATRIX_WAITING : MATRIX_RUNNING))
				continue;
			ms = is_waiting ? forecast_cell_ms(f, c) : left_of(f, c, now_ms);
			if (ms < 0)
				return -1;
			place = earliest(places, f->jobs);
			*place += ms;
			rest = *place > rest ? *place : rest;
		}
	return rest;
}

void forecast_remember(const struct forecast *f)
{
	_cleanup_free_ char *path = cache_path("durations.json"), *text = NULL;

	/* Kernels come and go: what is too much is forgotten as a whole. */
	if (json_object_size(f->seen) > REMEMBERED_MAX)
		json_object_clear(f->seen);
	for (size_t i = 0; i < f->matrix->n_cells; i++) {
		_cleanup_free_ char *key = NULL;

		if (!has_taken(&f->matrix->cells[i]))
			continue;
		key = key_of(f->matrix, &f->matrix->cells[i]);
		if (key)
			json_object_set_new(f->seen, key, json_integer(f->matrix->cells[i].ms));
	}
	text = json_dumps(f->seen, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (path && text && file_replace(AT_FDCWD, path, text, strlen(text)) < 0)
		return;
}
