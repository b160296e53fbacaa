// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a verdict rests on, as it stands in the run's files: journal lines by file and number, and
 * the kernel's own words around a time.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/wait.h"
#include "report/html/html.h"

#define LINES_MAX 8
#define LINE_BYTES_MAX 6000
#define LOG_LINES_MAX 40

static const struct record_line *find_line(const struct html_page *p, const char *file, long seq)
{
	for (size_t i = 0; i < p->rec->n_lines; i++)
		if (p->rec->lines[i].seq == seq && strcmp(p->rec->lines[i].file, file) == 0)
			return &p->rec->lines[i];
	return NULL;
}

/* JSON as a person would set it: what is short shares a line, what is long or nested has its own.
 * Owned by the caller. */
static char *set_json(const json_t *object)
{
	char *text = NULL, *value;
	size_t len, column = 0;
	const char *key;
	json_t *item;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	json_object_foreach((json_t *)object, key, item) {
		bool is_long = json_is_object(item) || json_is_array(item) ||
			       json_string_length(item) > 40;

		value = json_dumps(item, JSON_ENCODE_ANY | JSON_PRESERVE_ORDER |
						 (json_is_object(item) && json_object_size(item) > 3
							  ? JSON_INDENT(2)
							  : 0));
		if (column > 0 && (is_long || column > 80)) {
			fputs(",\n", out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s\"%s\": %s", column > 0 ? ", " : "", key,
					  value ? value : "");
		if (is_long)
			column = 81;
		free(value);
	}
	fclose(out);
	return text;
}

static void put_line(struct html_page *p, const struct record_line *line, bool is_open)
{
	_cleanup_free_ char *text = set_json(line->json);
	size_t len = text ? strlen(text) : 0;

	fputs(is_open ? "<details open=\"open\">" : "<details>", p->out);
	html_put(p->out, "<summary><code>%s.jsonl</code> seq %ld: %s", line->file, line->seq,
		 line->type);
	if (record_int(line, "act") > 0)
		html_put(p->out, " of act %d", (int)record_int(line, "act"));
	fputs("</summary><pre class=\"json\">", p->out);
	html_text(p->out, text ? text : "", len > LINE_BYTES_MAX ? LINE_BYTES_MAX : len);
	if (len > LINE_BYTES_MAX)
		html_put(p->out, "\n... %zu bytes more in %s.jsonl", len - LINE_BYTES_MAX,
			 line->file);
	fputs("</pre></details>\n", p->out);
}

void html_evidence(struct html_page *p, const json_t *result)
{
	const json_t *list = json_object_get(result, "evidence");
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && i < LINES_MAX; i++) {
		const json_t *item = json_array_get(list, i);
		const struct record_line *line = find_line(p, record_get_str(item, "file"),
							   (long)record_get_int(item, "seq"));

		if (line)
			put_line(p, line, i == 0 && n <= 2);
	}
	if (n > LINES_MAX)
		html_put(p->out,
			 "<p class=\"note\">%zu more such lines are in the run's files.</p>\n",
			 n - LINES_MAX);
}

void html_log_lines(struct html_page *p, int64_t from, int64_t to, int64_t zero)
{
	/* Each kind has its own room: a flood of idle words must not push trouble out. */
	size_t n[] = { 0, 0 }, left_out = 0;

	for (size_t i = 0; i < p->n_logs; i++) {
		const struct html_log *log = &p->logs[i];

		if (log->t < from || log->t > to)
			continue;
		if (n[0] + n[1] == 0)
			fputs("<pre class=\"log\" tabindex=\"0\" aria-label=\"Kernel log\">",
			      p->out);
		if (n[log->is_bad]++ >= LOG_LINES_MAX) {
			left_out++;
			continue;
		}
		html_put(p->out, "<span class=\"%s\">%c%.1f ms  &lt;%d&gt; ",
			 log->is_bad ? "bad" : "", log->t < zero ? '-' : '+',
			 (double)(log->t < zero ? zero - log->t : log->t - zero) / 1e6, log->level);
		html_put(p->out, "%s</span>\n", log->text);
	}
	if (left_out)
		html_put(p->out, "... %zu more lines in kmsg.txt\n", left_out);
	if (n[0] + n[1] > 0)
		fputs("</pre>\n", p->out);
}
