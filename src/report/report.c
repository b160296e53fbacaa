// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of formats, and what several of them say in the same words. Each format itself is a
 * file of its own. */
#include "report/internal.h"

#include <string.h>

#include "base/text.h"

const struct report_format report_formats[] = {
	{ "text", "For people, in a terminal", report_text },
	{ "ktap", "Kernel TAP, version 1: a test a scenario, a subtest a claim", report_ktap },
	{ "junit", "JUnit XML: a suite a scenario, a case a claim", report_junit },
	{ "json", "The box and all verdicts in one document", report_json },
	{ "html", "One page with pictures, for a browser", report_html },
	{},
};

const struct report_format *report_find(const char *name)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *report_why_not_begun(const json_t *results)
{
	return json_is_true(json_object_get(results, "complete"))
		       ? "the time that was given (--time-budget) was not enough"
		       : "the run stopped before it began";
}

int report_next_char(const char **text)
{
	const unsigned char *s = (const unsigned char *)*text;
	int n = *s < 0x80 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
	int c = n == 0 ? *s : *s & (0x3f >> n);

	for (s++; n > 0 && (*s & 0xc0) == 0x80; n--, s++)
		c = c << 6 | (*s & 0x3f);
	*text = (const char *)s;
	return c;
}

void report_put_line(FILE *out, const char *text)
{
	while (*text) {
		const char *start = text;
		int c = report_next_char(&text);

		/* A kernel message must not be able to drive somebody's terminal. */
		if (c < ' ' || (c >= 0x7f && c < 0xa0))
			fputc(' ', out);
		else
			fwrite(start, 1, text - start, out);
	}
}

/* Ids need no quotes; what a foreign journal calls an id may. */
static void put_option(FILE *out, const char *option, const char *value)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	fprintf(out, " --%s=", option);
	if (strspn(value, plain) == strlen(value)) {
		fputs(value, out);
		return;
	}
	text_put_quoted(out, value);
}

char *report_repeat(const struct record *run, const char *scenario, const char *claim)
{
	const char *start = record_get_str(run->meta, "repeat");
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fputs(*start ? start : "hotproof run --go", out);
	if (scenario && strcmp(scenario, "run") != 0)
		put_option(out, "scenario", scenario);
	if (claim)
		put_option(out, "claim", claim);
	fclose(out);
	return text;
}

void report_put_act(FILE *out, const struct record_act *act)
{
	report_put_line(out, act->verb);
	if (act->cpu >= 0)
		fprintf(out, " cpu%d", act->cpu);
	else if (*act->path)
		fputc(' ', out), report_put_line(out, act->path);
}

const char *report_ms(int64_t ns, char *buf, size_t size)
{
	double ms = (double)ns / 1e6;

	if (ms < 1000)
		snprintf(buf, size, "%.1f ms", ms);
	else
		snprintf(buf, size, "%.2f s", ms / 1000);
	return buf;
}

void report_time_span(const struct record *run, int64_t *ret_from, int64_t *ret_to)
{
	*ret_from = *ret_to = 0;
	for (size_t i = 0; i < run->n_journal; i++) {
		int64_t t = run->lines[i].t;

		if (t <= 0)
			continue;
		if (*ret_from == 0 || t < *ret_from)
			*ret_from = t;
		if (t > *ret_to)
			*ret_to = t;
	}
}
