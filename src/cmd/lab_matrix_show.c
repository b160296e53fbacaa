// SPDX-License-Identifier: GPL-2.0-or-later
/* How a matrix stands, for people. It knows nothing that is not in the matrix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/lab.h"
#include "cmd/lab_matrix.h"

#define ID_MIN 12
#define ID_MAX 44

struct lab_matrix_display {
	const struct matrix *matrix;
	int64_t began_ns;
	bool is_quiet, is_terminal;
	int n_drawn; /* lines of the table that stand on the terminal */
};

static const char *word_of(const struct matrix_cell *c)
{
	switch (c->state) {
	case MATRIX_WAITING: return "waiting";
	case MATRIX_RUNNING: return "running";
	case MATRIX_ABSENT: return "ABSENT";
	default: break;
	}
	switch (c->exit) {
	case VERDICT_EXIT_PASSED: return "passed";
	case VERDICT_EXIT_FAILED: return "FAILED";
	case VERDICT_EXIT_NOT_TRIED: return "untried";
	default: return "NO VERDICT";
	}
}

static int name_width(const struct matrix *m)
{
	int width = ID_MIN;

	for (size_t i = 0; i < m->n_cells; i++) {
		int n = (int)strlen(m->cells[i].id);

		width = n > width ? n : width;
	}
	return width > ID_MAX ? ID_MAX : width;
}

/* "99 passed, 1 known, 26 skipped": zeros are left out. */
static void put_counts(FILE *f, const json_t *counts)
{
	static const struct {
		const char *key, *word;
	} kinds[] = { { "fail", "failed" },  { "crash", "crashed" }, { "timeout", "timed out" },
		      { "error", "errors" }, { "pass", "passed" },   { "known", "known" },
		      { "skip", "skipped" } };
	const char *between = "";

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		long long n = json_integer_value(json_object_get(counts, kinds[i].key));

		if (n > 0) {
			fprintf(f, "%s%lld %s", between, n, kinds[i].word);
			between = ", ";
		}
	}
}

static void put_cell(FILE *f, const struct matrix *m, const struct matrix_cell *c)
{
	fprintf(f, "%-*s  %-10s", name_width(m), c->id, word_of(c));
	if (c->state == MATRIX_ENDED && c->ms > 0)
		fprintf(f, " %5lld s  ", (long long)(c->ms + 500) / 1000);
	else
		fputs("          ", f);
	if (c->counts)
		put_counts(f, c->counts);
	if (c->state == MATRIX_ENDED && c->tries > 1)
		fprintf(f, " (try %d)", c->tries);
	if (c->why)
		fprintf(f, "%s%s", c->counts ? "; " : "", c->why);
}

struct lab_matrix_display *lab_matrix_display_new(const struct matrix *m, bool is_quiet)
{
	struct lab_matrix_display *d = calloc(1, sizeof(*d));

	if (d) {
		d->matrix = m;
		d->is_quiet = is_quiet;
		d->is_terminal = isatty(STDERR_FILENO);
		d->began_ns = wait_now_ns();
	}
	return d;
}

void lab_matrix_display_free(struct lab_matrix_display *d)
{
	if (d && d->n_drawn > 0)
		fprintf(stderr, "\033[%dA\033[J", d->n_drawn);
	free(d);
}

/* What has ended tells how long the rest will take; nothing has: no guess. */
static void put_rest(FILE *f, const struct lab_matrix_display *d)
{
	int64_t spent = wait_now_ns() - d->began_ns;
	size_t n_ended = 0, n_left = 0;

	for (size_t i = 0; i < d->matrix->n_cells; i++) {
		n_ended += d->matrix->cells[i].state == MATRIX_ENDED;
		n_left += d->matrix->cells[i].state == MATRIX_WAITING ||
			  d->matrix->cells[i].state == MATRIX_RUNNING;
	}
	fprintf(f, "%zu of %zu ended, %lld s", n_ended, d->matrix->n_cells,
		(long long)(spent / NS_PER_S));
	if (n_ended > 0 && n_left > 0)
		fprintf(f, ", about %lld s to go",
			(long long)(spent / NS_PER_S * (int64_t)n_left / (int64_t)n_ended));
}

/* A matrix that is higher than the terminal shows what runs and has failed. */
static void draw(struct lab_matrix_display *d)
{
	struct winsize w = { .ws_col = 80, .ws_row = 24 };
	bool is_high;
	int n = 0;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row < 4)
		w.ws_row = 24;
	is_high = d->matrix->n_cells > (size_t)w.ws_row - 2;
	if (d->n_drawn > 0)
		fprintf(stderr, "\033[%dA", d->n_drawn);
	for (size_t i = 0; i < d->matrix->n_cells && n < w.ws_row - 2; i++) {
		const struct matrix_cell *c = &d->matrix->cells[i];
		_cleanup_free_ char *line = NULL;
		size_t len;
		FILE *f;

		if (is_high && c->state != MATRIX_RUNNING &&
		    !(c->state == MATRIX_ENDED && c->exit == VERDICT_EXIT_FAILED))
			continue;
		f = open_memstream(&line, &len);
		if (!f)
			return;
		put_cell(f, d->matrix, c);
		fclose(f);
		fprintf(stderr, "%.*s\033[K\n", w.ws_col - 1, line);
		n++;
	}
	put_rest(stderr, d);
	fprintf(stderr, "\033[K\n\033[J");
	d->n_drawn = n + 1;
	fflush(stderr);
}

void lab_matrix_display_watch(void *ctx, enum fleet_event what, const struct matrix_cell *cell)
{
	struct lab_matrix_display *d = ctx;

	if (d->is_quiet)
		return;
	if (d->is_terminal) {
		draw(d);
		return;
	}
	if (what == FLEET_TICK)
		return;
	if (what == FLEET_AGAIN)
		fprintf(stderr, "%s: no verdict; once more in a fresh guest\n", cell->id);
	if (what == FLEET_STARTED)
		fprintf(stderr, "%s: started\n", cell->id);
	if (what == FLEET_ENDED || what == FLEET_ABSENT) {
		put_cell(stderr, d->matrix, cell);
		fputc('\n', stderr);
	}
	fflush(stderr);
}

void lab_matrix_print(const struct matrix *m)
{
	for (size_t i = 0; i < m->n_cells; i++) {
		put_cell(stdout, m, &m->cells[i]);
		putchar('\n');
	}
	fflush(stdout);
}
