// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What did not come to its end: scenarios that crashed or hung, and a box that died between two of
 * them, with the last words that are known: console, stacks, the act's picture.
 */
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "report/html/html.h"

#define CONSOLE_BYTES 8000
#define CONSOLE_LINES 40

/* What a dying box says last, it says to the console. */
static void put_console(struct html_page *p)
{
	_cleanup_free_ char *path = text_printf("%s/console.txt", p->rec->dir), *text = NULL;
	size_t len = 0;
	char *cursor, *line;
	int lines = 0;

	if (!path || file_read(AT_FDCWD, path, &text, &len) < 0 || len == 0)
		return;
	/* Back to where the last lines begin; a NUL in the middle of it ends the text. */
	cursor = text + strlen(text);
	while (cursor > text && lines <= CONSOLE_LINES &&
	       text + strlen(text) - cursor < CONSOLE_BYTES)
		lines += *--cursor == '\n';
	if (cursor > text)
		cursor++;
	fputs("<h4>The end of the console</h4><pre class=\"log whole\" tabindex=\"0\" aria-label=\"Console\">",
	      p->out);
	while ((line = text_next_line(&cursor)))
		html_put(p->out, "%s\n", text_strip(line));
	fputs("</pre>\n", p->out);
}

/* A hotplug thread that waits for work is no news. */
static bool is_idle(const char *stack)
{
	return strncmp(stack, "[<0>] smpboot_thread_fn", 23) == 0;
}

static void put_stacks(struct html_page *p, const struct record_line *line)
{
	const json_t *stacks = json_object_get(line->json, "stacks");
	size_t i;
	json_t *stack;

	json_array_foreach((json_t *)stacks, i, stack) {
		const char *text = record_get_str(stack, "stack");

		/* All of it follows. */
		if (text_starts(record_get_str(stack, "who"), "console"))
			continue;
		fputs(is_idle(text) ? "<details>" : "<details open=\"open\">", p->out);
		html_put(p->out,
			 "<summary>stack of %s%s</summary><pre class=\"log\">%s</pre></details>\n",
			 record_get_str(stack, "who"),
			 is_idle(text) ? ", which waits for work" : "", text);
	}
}

/* A scenario that did not go to its end: one story for all the claims that it left without an
 * answer. */
static void put_scenario_failure(struct html_page *p, const char *scenario, const json_t *result)
{
	const json_t *acts = json_object_get(result, "acts");
	struct html_act *act = html_act_find(p, (int)json_integer_value(json_array_get(acts, 0)));
	struct html_mark mark = html_mark_of(result);

	html_put(p->out, "<article class=\"failure %s\" ", mark.css);
	html_anchor(p->out, "id=\"x-", scenario, NULL);
	html_put(p->out, "\">\n<h3><span class=\"tag %s\">%s %s</span> %s</h3>\n", mark.css,
		 mark.symbol, mark.word, scenario);
	html_put(p->out, "<ul class=\"unmet\"><li>%s</li></ul>\n", record_get_str(result, "why"));
	html_known(p->out, json_object_get(result, "known"));
	if (act)
		html_act_figure(p, act);
	record_foreach(line, p->rec, .type = "timeout", .scenario = scenario)
		put_stacks(p, line);
	record_foreach(line, p->rec, .type = "crash", .scenario = scenario)
		put_stacks(p, line);
	put_console(p);
	fputs("<h4>Evidence</h4>\n", p->out);
	html_evidence(p, result);
	html_repeat_command(p, scenario, NULL);
	fputs("</article>\n", p->out);
}

static const json_t *find_aborted(const struct html_page *p, const char *scenario)
{
	size_t i;
	json_t *result;

	json_array_foreach((json_t *)p->list, i, result) {
		const char *verdict = record_get_str(result, "verdict");

		if (strcmp(record_get_str(result, "scenario"), scenario) == 0 &&
		    (strcmp(verdict, "crash") == 0 || strcmp(verdict, "timeout") == 0))
			return result;
	}
	return NULL;
}

/* The box, or the run itself, died where no scenario was under way: also before the first. */
static bool put_run_crash(struct html_page *p)
{
	bool is_begun = false;

	record_foreach(line, p->rec, .type = "crash", .scenario = "run", .tries = RECORD_ANY_TRY) {
		if (!is_begun)
			fputs("<section id=\"aborted\"><h2>Did not come to its end</h2>\n<article class=\"failure fail\" id=\"x-run\">\n"
			      "<h3><span class=\"tag fail\">† CRASH</span> outside of any scenario</h3>\n<ul class=\"unmet\">",
			      p->out);
		is_begun = true;
		html_put(p->out, "<li>%s</li>\n", record_str(line, "text"));
	}
	if (is_begun) {
		fputs("</ul>\n", p->out);
		put_console(p);
		fputs("</article>\n", p->out);
	}
	return is_begun;
}

void html_aborted(struct html_page *p)
{
	bool is_begun = put_run_crash(p);

	for (size_t i = 0; i < p->rec->n_scenarios; i++) {
		const json_t *result = find_aborted(p, p->rec->scenarios[i].id);

		/* The run's own claims fell with it. */
		if (!result || (is_begun && strcmp(p->rec->scenarios[i].id, "run") == 0))
			continue;
		if (!is_begun)
			fputs("<section id=\"aborted\"><h2>Did not come to its end</h2>\n", p->out);
		is_begun = true;
		put_scenario_failure(p, p->rec->scenarios[i].id, result);
	}
	if (is_begun)
		fputs("</section>\n", p->out);
}
