// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What else the run said: notes of witnesses and the runner, and what had to be restored. None of
 * it changes a verdict.
 */
#include <string.h>

#include "base/cleanup.h"
#include "report/html/html.h"

#define NOTES_MAX 40

static void put_note(struct html_page *p, const struct record_line *line)
{
	_cleanup_free_ char *data =
		json_dumps(record_data(line), JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));

	html_put(p->out, "<li><b>%s</b>", record_str(line, "what"));
	if (line->scenario)
		html_put(p->out, " in %s", line->scenario);
	html_put(p->out, ": %s", record_str(line, "text"));
	if (data && strcmp(data, "{}"))
		html_put(p->out, " <code>%s</code>", data);
	fputs("</li>\n", p->out);
}

static void put_item(struct html_page *p, const struct record_line *line, const json_t *item)
{
	html_put(p->out, "<li><b>%s</b> of %s: %s was \"%s\"",
		 json_is_false(json_object_get(item, "ok")) ? "could not be restored" : "restored",
		 line->scenario ? line->scenario : "the run", record_get_str(item, "what"),
		 record_get_str(item, "was"));
	html_put(p->out, ", was found as \"%s\"</li>\n", record_get_str(item, "now"));
}

static size_t put_restores(struct html_page *p, bool is_counting)
{
	size_t n = 0;

	record_foreach(line, p->rec, .type = "restore", .tries = RECORD_ANY_TRY) {
		const json_t *items = json_object_get(line->json, "items");
		size_t i;
		json_t *item;

		json_array_foreach((json_t *)items, i, item)
			if (n++ < NOTES_MAX && !is_counting)
				put_item(p, line, item);
	}
	return n;
}

void html_notes(struct html_page *p)
{
	size_t n = 0;

	record_foreach(line, p->rec, .type = "note", .tries = RECORD_ANY_TRY)
		n++;
	if (n + put_restores(p, true) == 0)
		return;
	fputs("<ul class=\"notes\">\n", p->out);
	put_restores(p, false);
	n = 0;
	record_foreach(line, p->rec, .type = "note", .tries = RECORD_ANY_TRY)
		if (n++ < NOTES_MAX)
			put_note(p, line);
	if (n > NOTES_MAX)
		html_put(p->out, "<li>and %zu notes more in the journal</li>\n", n - NOTES_MAX);
	fputs("</ul>\n", p->out);
}
