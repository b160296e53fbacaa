// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What somebody sees while a guest runs: where it is, and every broken claim at once. It only
 * repeats what the journal says; the verdict comes afterwards.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/wait.h"
#include "cmd/lab.h"

#define BAR_WIDTH 20

struct lab_display {
	bool is_quiet, is_terminal, is_bar_shown;
	int64_t began_ns;
	char scenario[64], act[64];
	size_t n_scenarios, n_ended; /* 0: not known how many */
	long unmet;
};

struct lab_display *lab_display_new(bool is_quiet)
{
	struct lab_display *d = calloc(1, sizeof(*d));

	if (d) {
		d->is_quiet = is_quiet;
		d->is_terminal = isatty(STDERR_FILENO);
		d->began_ns = wait_now_ns();
	}
	return d;
}

static void clear_bar(struct lab_display *d)
{
	if (d->is_bar_shown)
		fprintf(stderr, "\r\033[K");
	d->is_bar_shown = false;
}

void lab_display_free(struct lab_display *d)
{
	if (!d)
		return;
	clear_bar(d);
	free(d);
}

static int columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 80;
}

static void draw_bar(struct lab_display *d)
{
	size_t full = d->n_scenarios ? d->n_ended * BAR_WIDTH / d->n_scenarios : 0;
	_cleanup_free_ char *line = NULL, *count = NULL;
	char bar[BAR_WIDTH + 1];

	if (!d->is_terminal || d->is_quiet)
		return;
	full = full > BAR_WIDTH ? BAR_WIDTH : full;
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', full);
	bar[BAR_WIDTH] = '\0';
	count = d->n_scenarios ? text_printf("%zu/%zu ", d->n_ended, d->n_scenarios) : strdup("");
	line = text_printf("[%s] %s%s  %s%s  %lld s", bar, count ? count : "", d->scenario, d->act,
			   d->unmet ? "  (claims broken)" : "",
			   (long long)((wait_now_ns() - d->began_ns) / NS_PER_S));
	if (!line)
		return;
	fprintf(stderr, "\r%.*s\033[K", columns() - 1, line);
	fflush(stderr);
	d->is_bar_shown = true;
}

static void say(struct lab_display *d, const char *fmt, ...) _printf_(2, 3);
static void say(struct lab_display *d, const char *fmt, ...)
{
	va_list ap;

	clear_bar(d);
	fprintf(stderr, "%6.1f s  ", (double)(wait_now_ns() - d->began_ns) / NS_PER_S);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static const char *str(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s ? s : "";
}

static void on_begin(struct lab_display *d, const json_t *line)
{
	const json_t *alone = json_object_get(line, "alone");

	if (strcmp(str(line, "of"), "run") == 0) {
		d->n_scenarios = json_array_size(json_object_get(line, "plan"));
		return;
	}
	snprintf(d->scenario, sizeof(d->scenario), "%s", str(line, "scenario"));
	d->act[0] = '\0';
	if (!d->is_terminal && alone)
		say(d, "%s again, only for what failed", d->scenario);
	else if (!d->is_terminal)
		say(d, "%s", d->scenario);
}

static void on_end(struct lab_display *d, const json_t *line)
{
	if (strcmp(str(line, "of"), "scenario") != 0)
		return;
	if (!json_object_get(line, "alone"))
		d->n_ended++;
	snprintf(d->scenario, sizeof(d->scenario), "%s", "");
	d->act[0] = '\0';
}

static void on_act(struct lab_display *d, const json_t *line)
{
	int cpu = (int)json_integer_value(json_object_get(line, "cpu"));
	int id = (int)json_integer_value(json_object_get(line, "act"));

	if (cpu >= 0)
		snprintf(d->act, sizeof(d->act), "act %d: %s cpu %d", id, str(line, "verb"), cpu);
	else
		snprintf(d->act, sizeof(d->act), "act %d: %s", id, str(line, "verb"));
	if (!d->is_terminal)
		say(d, "  %s", d->act);
}

static void on_line(struct lab_display *d, const json_t *line)
{
	const char *type = str(line, "type"), *result = str(line, "result");

	if (strcmp(type, "begin") == 0)
		on_begin(d, line);
	else if (strcmp(type, "end") == 0)
		on_end(d, line);
	else if (strcmp(type, "act") == 0)
		on_act(d, line);
	else if (strcmp(type, "timeout") == 0 || strcmp(type, "crash") == 0)
		say(d, "%s: %s", type, str(line, "text"));
	else if (strcmp(type, "expect") == 0 &&
		 (strcmp(result, "unmet") == 0 || strcmp(result, "error") == 0)) {
		d->unmet++;
		say(d, "%s %s: %s", strcmp(result, "error") == 0 ? "ERROR" : "BROKEN",
		    str(line, "claim"), str(line, "text"));
	}
}

void lab_display_watch(void *ctx, enum session_event what, const json_t *line, const char *text)
{
	struct lab_display *d = ctx;

	if (d->is_quiet)
		return;
	switch (what) {
	case SESSION_STARTED: say(d, "starting a guest with %s", text); break;
	case SESSION_BOOT_FAILED: say(d, "%s; trying again", text); break;
	case SESSION_WAS_LOST: say(d, "%s; trying again in a fresh guest", text); break;
	case SESSION_BOOTED: say(d, "guest booted"); break;
	case SESSION_LINE: on_line(d, line); break;
	case SESSION_TICK: break;
	}
	draw_bar(d);
}
