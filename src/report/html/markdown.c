// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The little Markdown that explanations use: paragraphs, fenced code, lists, `code`, **strong**,
 * *emphasis*, [links](url). All else is shown as it stands. Only http(s) links become links, and
 * nothing is ever loaded.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/html/html.h"

enum block { NONE, PARAGRAPH, LIST, CODE };

/* The closing mark of a span that begins at s, or NULL. */
static const char *find_close(const char *s, const char *end, const char *mark)
{
	size_t n = strlen(mark);

	for (const char *c = s; c + n <= end; c++)
		if (c > s && strncmp(c, mark, n) == 0)
			return c;
	return NULL;
}

static void put_line(FILE *out, const char *s, const char *end);

/* [text](url) at s: how many characters it took, or 0 when it is none. */
static size_t put_link(FILE *out, const char *s, const char *end)
{
	const char *close = find_close(s, end, "]("),
		   *stop = close ? find_close(close, end, ")") : NULL;

	if (!stop || (strncmp(close + 2, "https://", 8) && strncmp(close + 2, "http://", 7)))
		return 0;
	fputs("<a rel=\"noreferrer\" href=\"", out);
	html_text(out, close + 2, (size_t)(stop - close - 2));
	fputs("\">", out);
	html_text(out, s + 1, (size_t)(close - s - 1));
	fputs("</a>", out);
	return (size_t)(stop - s) + 1;
}

static size_t put_span(FILE *out, const char *s, const char *end)
{
	static const struct {
		const char *mark, *tag;
		bool is_verbatim;
	} spans[] = { { "`", "code", true }, { "**", "strong", false }, { "*", "em", false } };

	if (*s == '[')
		return put_link(out, s, end);
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		size_t n = strlen(spans[i].mark);
		const char *close;

		if ((size_t)(end - s) < n || strncmp(s, spans[i].mark, n))
			continue;
		close = find_close(s + n, end, spans[i].mark);
		/* "2 * 3 * 4" is no emphasis */
		if (!close || (!spans[i].is_verbatim && (s[n] == ' ' || close[-1] == ' ')))
			return 0;
		fprintf(out, "<%s>", spans[i].tag);
		if (spans[i].is_verbatim)
			html_text(out, s + n, (size_t)(close - s) - n);
		else
			put_line(out, s + n, close);
		fprintf(out, "</%s>", spans[i].tag);
		return (size_t)(close - s) + n;
	}
	return 0;
}

static void put_line(FILE *out, const char *s, const char *end)
{
	while (s < end) {
		size_t plain = strcspn(s, "`*["), taken;

		if (plain > (size_t)(end - s))
			plain = (size_t)(end - s);
		html_text(out, s, plain);
		s += plain;
		if (s >= end)
			break;
		taken = put_span(out, s, end);
		if (taken == 0) {
			html_text(out, s, 1);
			taken = 1;
		}
		s += taken;
	}
}

static void close_block(FILE *out, enum block *block)
{
	static const char *const ends[] = { "", "</p>\n", "</li></ul>\n", "</code></pre>\n" };

	fputs(ends[*block], out);
	*block = NONE;
}

/* A line of prose: it may begin an item, go on with one, or go on with a paragraph. */
static void put_prose(FILE *out, char *line, enum block *block)
{
	char *s = text_strip(line);

	if (*s == '\0') {
		if (*block == PARAGRAPH)
			close_block(out, block);
		return;
	}
	if (text_starts(s, "- ") || text_starts(s, "* ")) {
		if (*block != LIST)
			close_block(out, block);
		fputs(*block == LIST ? "</li>\n<li>" : "<ul><li>", out);
		*block = LIST;
		s += 2;
	} else if (*block == NONE) {
		fputs("<p>", out);
		*block = PARAGRAPH;
	} else {
		fputc('\n', out);
	}
	put_line(out, s, s + strlen(s));
}

void html_markdown(FILE *out, const char *text)
{
	_cleanup_free_ char *copy = strdup(text ? text : "");
	enum block block = NONE;
	char *cursor = copy, *line;
	bool was_blank = false;

	if (!copy)
		return;
	while ((line = text_next_line(&cursor))) {
		if (text_starts(line, "```")) {
			bool was_code = block == CODE;

			close_block(out, &block);
			if (!was_code) {
				fputs("<pre><code>", out);
				block = CODE;
			}
			continue;
		}
		if (block == CODE) {
			html_text(out, line, strlen(line));
			fputc('\n', out);
			continue;
		}
		/* A paragraph after a list ends it; an item, or a line that goes on, does not. */
		if (block == LIST && was_blank && *line != '-' && *line != '*' && *line != ' ' &&
		    *line)
			close_block(out, &block);
		was_blank = *line == '\0';
		put_prose(out, line, &block);
	}
	close_block(out, &block);
}
