// SPDX-License-Identifier: GPL-2.0-or-later
/* Keeps each line of a suite as it comes. What the lines mean is not its matter. */
#include "scenarios/suite/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wait.h"
#include "stage/stage.h"

#define STREAM "tools/suite"
#define OUTPUT_MAX ((size_t)16 << 20)
#define TICK_NS (5 * NS_PER_S)

int suite_output_open(struct stage *s, struct suite_output *ret)
{
	FILE *text = tmpfile();

	if (!text)
		return -errno;
	*ret = (struct suite_output){ .stage = s, .text = text };
	return 0;
}

void suite_output_close(struct suite_output *x)
{
	if (x->text)
		fclose(x->text);
	free(x->partial);
	*x = (struct suite_output){};
}

static void keep_line(struct suite_output *x, const char *line)
{
	/* It is in the text too; a full disk stops the next act. */
	(void)!stage_keep(x->stage, STREAM, line);
	if (x->n_all > OUTPUT_MAX) {
		x->is_cut = true;
		return;
	}
	x->n_all += strlen(line) + 1;
	fprintf(x->text, "%s\n", line);
}

static int take(struct suite_output *x, const char *data, size_t len)
{
	char *bigger = realloc(x->partial, x->n_partial + len + 1), *newline;

	if (!bigger)
		return -ENOMEM;
	x->partial = bigger;
	for (size_t i = 0; i < len; i++)
		if (data[i] && data[i] != '\r')
			x->partial[x->n_partial++] = data[i];
	x->partial[x->n_partial] = '\0';
	while ((newline = strchr(x->partial, '\n'))) {
		*newline = '\0';
		keep_line(x, x->partial);
		x->n_partial -= (size_t)(newline + 1 - x->partial);
		memmove(x->partial, newline + 1, x->n_partial + 1);
	}
	return 0;
}

int suite_output_listen(struct suite_output *x, int fd, int64_t deadline)
{
	char block[4096];

	for (;;) {
		int64_t now = wait_now_ns(), tick = now + TICK_NS;
		int r = wait_readable(fd, tick < deadline ? tick : deadline);
		ssize_t n;

		stage_is_alive(x->stage);
		if (r < 0)
			return r;
		if (wait_now_ns() >= deadline)
			return 0;
		if (r == 0)
			continue;
		n = read(fd, block, sizeof(block));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 1;
		r = n > 0 ? take(x, block, (size_t)n) : 0;
		if (r < 0)
			return r;
	}
}

char *suite_output_text(struct suite_output *x, size_t *ret_len)
{
	char *text;
	size_t len;

	if (x->n_partial > 0)
		keep_line(x, x->partial);
	x->n_partial = 0;
	if (fflush(x->text) != 0)
		return NULL;
	len = (size_t)ftell(x->text);
	text = calloc(1, len + 1);
	rewind(x->text);
	if (!text || fread(text, 1, len, x->text) != len) {
		free(text);
		return NULL;
	}
	*ret_len = len;
	return text;
}
