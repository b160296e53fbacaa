// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix on a terminal while it runs: a bar with the time to go, then a line for each cell; or,
 * when it is higher than the terminal, a coloured mark for each cell, and lines for those that run
 * or failed. It draws over itself and knows nothing that is not in the matrix and its logs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/lab_matrix.h"

#define BAR_WIDTH 24
#define TAIL_SIZE 512

enum look { LOOK_PASS, LOOK_FAIL, LOOK_KNOWN, LOOK_ERROR, LOOK_RUN, LOOK_DIM };

static const struct {
	const char *colour, *mark;
} looks[] = {
	[LOOK_PASS] = { "32", "✓" },  [LOOK_FAIL] = { "1;31", "✗" }, [LOOK_KNOWN] = { "35", "✓" },
	[LOOK_ERROR] = { "33", "?" }, [LOOK_RUN] = { "36", "●" },    [LOOK_DIM] = { "2", "·" },
};

static enum look look_of(const struct matrix_cell *c)
{
	if (c->state == MATRIX_RUNNING)
		return LOOK_RUN;
	if (c->state != MATRIX_ENDED || c->exit == VERDICT_EXIT_NOT_TRIED)
		return LOOK_DIM;
	if (c->exit == VERDICT_EXIT_FAILED)
		return LOOK_FAIL;
	if (c->exit != VERDICT_EXIT_PASSED)
		return LOOK_ERROR;
	return json_integer_value(json_object_get(c->counts, "known")) > 0 ? LOOK_KNOWN : LOOK_PASS;
}

/* Lines are cut by what is seen: bytes of UTF-8 and colours take no columns. */
struct line {
	FILE *out;
	int left;
	bool is_coloured;
};

static void put(struct line *l, const char *text)
{
	for (; *text; text++) {
		bool is_first = ((unsigned char)*text & 0xc0) != 0x80;

		if (is_first && l->left <= 0)
			return;
		l->left -= is_first;
		fputc((unsigned char)*text < ' ' ? ' ' : *text, l->out);
	}
}

static void put_coloured(struct line *l, enum look look, const char *text)
{
	if (l->is_coloured)
		fprintf(l->out, "\033[%sm", looks[look].colour);
	put(l, text);
	if (l->is_coloured)
		fputs("\033[0m", l->out);
}

static void put_number(struct line *l, const char *format, long long n)
{
	char text[48];

	snprintf(text, sizeof(text), format, n);
	put(l, text);
}

static void end_line(const struct line *l)
{
	fputs("\033[K\n", l->out);
}

/* "1:42" */
static char *clock_text(int64_t ms, char *buf, size_t size)
{
	long long s = (ms + 500) / 1000;

	if (s >= 3600)
		snprintf(buf, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, size, "%lld:%02lld", s / 60, s % 60);
	return buf;
}

static void put_bar(struct line *l, const struct lab_matrix_view *v)
{
	const struct matrix *m = v->matrix;
	int64_t rest = v->forecast ? forecast_rest_ms(v->forecast, v->now_ms) : -1;
	size_t n_ended = 0, n_left = 0;
	char text[160], clock[32];
	int full;

	for (size_t i = 0; i < m->n_cells; i++) {
		n_ended += m->cells[i].state == MATRIX_ENDED;
		n_left += m->cells[i].state == MATRIX_WAITING ||
			  m->cells[i].state == MATRIX_RUNNING;
	}
	full = rest >= 0 ? (int)(v->spent_ms * BAR_WIDTH / (v->spent_ms + rest + 1))
			 : (int)(n_ended * BAR_WIDTH / (n_ended + n_left + 1));
	for (int i = 0; i < BAR_WIDTH; i++)
		put_coloured(l, i < full ? LOOK_PASS : LOOK_DIM, i < full ? "█" : "░");
	snprintf(text, sizeof(text), "  %zu of %zu ended, %s", n_ended, m->n_cells,
		 clock_text(v->spent_ms, clock, sizeof(clock)));
	put(l, text);
	if (n_left > 0 && rest >= 0) {
		put(l, ", about ");
		put(l, clock_text(rest, clock, sizeof(clock)));
		put(l, " to go");
	}
	end_line(l);
}

/* Where a running cell is: the last line of its log, without its clock. */
static void put_where(struct line *l, const struct matrix *m, const struct matrix_cell *c)
{
	_cleanup_free_ char *path = matrix_path(m, c, ".log");
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char tail[TAIL_SIZE + 1], *last;
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n;

	n = size > 0 ? pread(fd, tail, TAIL_SIZE, size > TAIL_SIZE ? size - TAIL_SIZE : 0) : 0;
	if (n <= 0)
		return;
	tail[n] = '\0';
	last = text_strip(tail);
	last = strrchr(last, '\n') ? strrchr(last, '\n') + 1 : last;
	if (strstr(last, " s  "))
		last = text_strip(strstr(last, " s  ") + 4);
	put(l, last);
}

static void put_cell(struct line *l, const struct lab_matrix_view *v, const struct matrix_cell *c)
{
	enum look look = look_of(c);
	char *id = text_printf("%-*s ", v->id_width, c->id), *word;
	int64_t ms = c->state == MATRIX_RUNNING ? v->now_ms - c->began_ms : c->ms;
	_cleanup_free_ char *counts = lab_matrix_counts(c);

	put_coloured(l, look, looks[look].mark);
	put(l, " ");
	put(l, id ? id : "");
	word = text_printf(" %-10s", matrix_word(c));
	put_coloured(l, look, word ? word : "");
	free(id);
	free(word);
	if (ms > 0 && c->state != MATRIX_WAITING)
		put_number(l, " %5lld s  ", (ms + 500) / 1000);
	else
		put(l, "          ");
	if (c->state == MATRIX_RUNNING)
		put_where(l, v->matrix, c);
	else
		put(l, counts ? counts : "");
	end_line(l);
}

/* All cells as marks: as many in a line as it has columns. Returns the number of lines. */
static int put_marks(FILE *out, const struct lab_matrix_view *v, int columns, int lines_max)
{
	struct line l = { out, columns, v->is_coloured };
	int n = 1;

	for (size_t i = 0; i < v->matrix->n_cells; i++) {
		enum look look = look_of(&v->matrix->cells[i]);

		if (l.left == 0 && n == lines_max)
			break;
		if (l.left == 0) {
			end_line(&l);
			l.left = columns;
			n++;
		}
		put_coloured(&l, look, looks[look].mark);
	}
	end_line(&l);
	return n;
}

int lab_matrix_live_draw(FILE *out, const struct lab_matrix_view *v, int columns, int rows)
{
	const struct matrix *m = v->matrix;
	bool is_high = m->n_cells + 3 > (size_t)rows;
	struct line l = { out, columns - 1, v->is_coloured };
	int n = 1;

	put_bar(&l, v);
	if (is_high)
		n += put_marks(out, v, columns - 1, rows / 2);
	for (size_t i = 0; i < m->n_cells && n < rows - 2; i++) {
		const struct matrix_cell *c = &m->cells[i];

		if (is_high && c->state != MATRIX_RUNNING && look_of(c) != LOOK_FAIL)
			continue;
		l.left = columns - 1;
		put_cell(&l, v, c);
		n++;
	}
	if (*v->held && n < rows - 1) {
		l.left = columns - 1;
		put_coloured(&l, LOOK_DIM, v->held);
		end_line(&l);
		n++;
	}
	fputs("\033[J", out);
	return n;
}
