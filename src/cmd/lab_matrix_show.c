// SPDX-License-Identifier: GPL-2.0-or-later
/* How a matrix stands, in plain lines for people; on a terminal lab_matrix_live.c draws it. It
 * knows nothing that is not in the matrix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "cmd/lab.h"
#include "cmd/lab_matrix.h"

#define ID_MIN 12
#define ID_MAX 44

struct lab_matrix_display {
	const struct matrix *matrix;
	struct forecast *forecast;
	int64_t began_ns;
	bool is_quiet, is_terminal, is_coloured;
	int n_drawn; /* lines of the table that stand on the terminal */
	char held[ROOM_HELD_MAX + 64];
};

/* What asks for a look is in capitals. */
static const char *word_of(const struct matrix_cell *c)
{
	const char *word = matrix_word(c);

	if (strcmp(word, "failed") == 0)
		return "FAILED";
	if (strcmp(word, "absent") == 0)
		return "ABSENT";
	return strcmp(word, "no verdict") == 0 ? "NO VERDICT" : word;
}

int lab_matrix_id_width(const struct matrix *m)
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

char *lab_matrix_counts(const struct matrix_cell *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	if (c->counts)
		put_counts(f, c->counts);
	if (c->state == MATRIX_ENDED && c->tries > 1)
		fprintf(f, " (try %d)", c->tries);
	if (c->why)
		fprintf(f, "%s%s", c->counts ? "; " : "", c->why);
	fclose(f);
	return text;
}

static void put_cell(FILE *f, const struct matrix *m, const struct matrix_cell *c)
{
	_cleanup_free_ char *counts = lab_matrix_counts(c);

	fprintf(f, "%-*s  %-10s", lab_matrix_id_width(m), c->id, word_of(c));
	if (c->state == MATRIX_ENDED && c->ms > 0)
		fprintf(f, " %5lld s  ", (long long)(c->ms + 500) / 1000);
	else
		fputs("          ", f);
	fprintf(f, "%s\n", counts ? counts : "");
}

struct lab_matrix_display *lab_matrix_display_new(const struct matrix *m, int jobs, bool is_quiet)
{
	struct lab_matrix_display *d = calloc(1, sizeof(*d));
	const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");

	if (d) {
		d->matrix = m;
		d->forecast = forecast_new(m, jobs);
		d->is_quiet = is_quiet;
		d->is_terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
		d->is_coloured = !plain || !*plain;
		d->began_ns = wait_now_ns();
	}
	return d;
}

void lab_matrix_display_free(struct lab_matrix_display *d)
{
	if (!d)
		return;
	if (d->n_drawn > 0)
		fprintf(stderr, "\033[%dA\033[J", d->n_drawn);
	if (d->forecast)
		forecast_remember(d->forecast);
	forecast_free(d->forecast);
	free(d);
}

static void draw(struct lab_matrix_display *d)
{
	struct winsize w = { .ws_col = 80, .ws_row = 24 };
	_cleanup_free_ char *text = NULL;
	struct lab_matrix_view view = {
		.matrix = d->matrix,
		.forecast = d->forecast,
		.spent_ms = (wait_now_ns() - d->began_ns) / NS_PER_MS,
		.now_ms = fleet_unix_ms(),
		.id_width = lab_matrix_id_width(d->matrix),
		.is_coloured = d->is_coloured,
		.held = d->held,
	};
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row < 6 || w.ws_col < 20)
		w = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	if (d->n_drawn > 0)
		fprintf(f, "\033[%dA", d->n_drawn);
	d->n_drawn = lab_matrix_live_draw(f, &view, w.ws_col, w.ws_row);
	fclose(f);
	/* At once, so that it does not flicker. */
	fwrite(text, 1, len, stderr);
	fflush(stderr);
}

static void put_rest(const struct lab_matrix_display *d)
{
	int64_t rest = d->forecast ? forecast_rest_ms(d->forecast, fleet_unix_ms()) : -1;
	size_t n_ended = 0;

	for (size_t i = 0; i < d->matrix->n_cells; i++)
		n_ended += d->matrix->cells[i].state == MATRIX_ENDED;
	if (rest > 0)
		fprintf(stderr, "%zu of %zu ended after %lld s, about %lld s to go\n", n_ended,
			d->matrix->n_cells, (long long)((wait_now_ns() - d->began_ns) / NS_PER_S),
			(long long)(rest / 1000));
}

void lab_matrix_display_watch(void *ctx, enum fleet_event what, const struct matrix_cell *cell,
			      const char *text)
{
	struct lab_matrix_display *d = ctx;

	if (what == FLEET_HELD)
		snprintf(d->held, sizeof(d->held), "%s waits: %s", cell->id, text);
	else if (what == FLEET_STARTED)
		d->held[0] = '\0';
	/* The page can be looked at meanwhile; that it cannot be written is told at the end. */
	if (what == FLEET_ENDED || what == FLEET_ABSENT)
		(void)!lab_matrix_page(d->matrix);
	if (d->is_quiet)
		return;
	if (d->is_terminal) {
		draw(d);
		return;
	}
	if (what == FLEET_AGAIN)
		fprintf(stderr, "%s: no verdict; once more%s%s\n", cell->id, text ? ": " : "",
			text ? text : "");
	if (what == FLEET_STARTED)
		fprintf(stderr, "%s: started\n", cell->id);
	if (what == FLEET_HELD)
		fprintf(stderr, "%s: waits: %s\n", cell->id, text);
	if (what == FLEET_ENDED || what == FLEET_ABSENT) {
		put_cell(stderr, d->matrix, cell);
		put_rest(d);
	}
	fflush(stderr);
}

void lab_matrix_print(const struct matrix *m)
{
	for (size_t i = 0; i < m->n_cells; i++)
		put_cell(stdout, m, &m->cells[i]);
	fflush(stdout);
}
