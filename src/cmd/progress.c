// SPDX-License-Identifier: GPL-2.0-or-later
/* Draws the progress of a run. Knows nothing of verdicts: a failed expectation is only counted. */
#include "cmd/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wait.h"

#define BAR 20

void progress_begin(struct progress *p)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .is_terminal = isatty(STDERR_FILENO) && term &&
					       strcmp(term, "dumb") != 0 };
}

static void put(struct progress *p, const char *line, bool is_final)
{
	if (!is_final && strcmp(line, p->last) == 0)
		return;
	snprintf(p->last, sizeof(p->last), "%s", line);
	if (p->is_terminal)
		fprintf(stderr, "\r\033[K%s%s", line, is_final ? "\n" : "");
	else if (is_final)
		fprintf(stderr, "%s\n", line);
	fflush(stderr);
	p->is_open = p->is_terminal && !is_final;
}

static void draw_bar(char bar[BAR + 3], const struct run_progress *now)
{
	size_t full = now->count ? (now->index + (now->has_ended ? 1 : 0)) * BAR / now->count : 0;

	bar[0] = '[';
	for (size_t i = 0; i < BAR; i++)
		bar[i + 1] = i < full ? '#' : '.';
	bar[BAR + 1] = ']';
	bar[BAR + 2] = '\0';
}

void progress_show(void *arg, const struct run_progress *now)
{
	struct progress *p = arg;
	char bar[BAR + 3], what[128] = "", line[256];

	draw_bar(bar, now);
	if (now->has_ended && now->unmet)
		snprintf(what, sizeof(what), "over; %u expectations were not met", now->unmet);
	else if (now->has_ended)
		snprintf(what, sizeof(what), "over");
	else if (now->act && now->act_cpu >= 0)
		snprintf(what, sizeof(what), "act %d on cpu%d, for %.1f s", now->act, now->act_cpu,
			 (double)now->act_for_ns / NS_PER_S);
	else
		snprintf(what, sizeof(what), "between acts");
	snprintf(line, sizeof(line), "%s %zu/%zu %s%s%s: %s",
		 p->is_terminal ? bar : "hotproof:", now->index + 1, now->count, now->scenario,
		 now->alone ? " again, alone with " : "", now->alone ? now->alone : "", what);
	put(p, line, now->has_ended);
}

void progress_end(struct progress *p)
{
	if (p->is_open)
		fprintf(stderr, "\r\033[K");
	p->is_open = false;
}
