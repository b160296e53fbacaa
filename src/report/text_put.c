// SPDX-License-Identifier: GPL-2.0-or-later
/* How lines are set in the text report: colours, headings, folded fields. Knows nothing of
 * verdicts. */
#include "report/text_internal.h"

#include <stdarg.h>
#include <string.h>

#define FIELD_INDENT 4
#define FIELD_LABEL 10
#define FOLD_LEAST 30

void text_colour(const struct text *t, enum text_colour colour)
{
	static const char *const codes[] = {
		[TEXT_PLAIN] = "0", [TEXT_BOLD] = "1",  [TEXT_GOOD] = "32",
		[TEXT_BAD] = "31",  [TEXT_WARN] = "33", [TEXT_DIM] = "2",
	};

	if (t->is_coloured)
		fprintf(t->out, "\033[%sm", codes[colour]);
}

void text_heading(const struct text *t, enum text_colour colour, const char *fmt, ...)
{
	char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&words, fmt, ap) < 0)
		words = NULL;
	va_end(ap);
	fputc('\n', t->out);
	text_colour(t, colour);
	report_put_line(t->out, words ? words : "");
	text_colour(t, TEXT_PLAIN);
	fputc('\n', t->out);
	free(words);
}

/* Characters, not bytes: continuation bytes take no column. */
static int width(const char *s, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

void text_field(const struct text *t, const char *label, const char *words)
{
	int room = t->columns - FIELD_INDENT - FIELD_LABEL, used = 0;

	if (room < FOLD_LEAST)
		room = FOLD_LEAST;
	fprintf(t->out, "%*s%-*s", FIELD_INDENT, "", FIELD_LABEL, label);
	while (*words) {
		size_t len = strcspn(words, " \n\t");
		char *word = strndup(words, len);
		int w = width(words, len);

		if (used > 0 && used + 1 + w > room) {
			fprintf(t->out, "\n%*s", FIELD_INDENT + FIELD_LABEL, "");
			used = 0;
		}
		if (w > 0) {
			if (used > 0)
				fputc(' ', t->out);
			report_put_line(t->out, word ? word : "");
			used += w + (used > 0);
		}
		free(word);
		words += len;
		words += strspn(words, " \n\t");
	}
	fputc('\n', t->out);
}

void text_fieldf(const struct text *t, const char *label, const char *fmt, ...)
{
	char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&words, fmt, ap) < 0)
		words = NULL;
	va_end(ap);
	text_field(t, label, words ? words : "");
	free(words);
}
