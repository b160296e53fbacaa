// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows as JSON: one table of columns a kind of thing. */
#include <string.h>
#include <time.h>

#include "site/api/api.h"
#include "store/cells/cell.h"
#include "store/cells/list.h"
#include "store/people/idea.h"

const struct api_column api_cell_columns[] = {
	{ "id", LIST_CELL_ID, API_NUMBER },
	{ "scenario", LIST_CELL_SCENARIO, API_TEXT },
	{ "claim", LIST_CELL_CLAIM, API_TEXT },
	{ "machine", LIST_CELL_MACHINE, API_TEXT },
	{ "arch", LIST_CELL_ARCH, API_TEXT },
	{ "kernel", LIST_CELL_KERNEL, API_TEXT },
	{ "options", LIST_CELL_OPTIONS, API_TEXT },
	{ "state", LIST_CELL_STATE, API_STATE },
	{ "recent", LIST_CELL_RECENT, API_TEXT },
	{ "why", LIST_CELL_WHY, API_TEXT },
	{ "rule", LIST_CELL_RULE, API_TEXT },
	{ "run", LIST_CELL_RUN, API_TEXT },
	{ "at", LIST_CELL_AT, API_TIME },
	{ "since_run", LIST_CELL_SINCE, API_TEXT },
	{ "owner", LIST_CELL_OWNER, API_TEXT },
	{ "expected", LIST_CELL_EXPECTED, API_BOOL },
	{ 0 },
};

const struct api_column api_run_columns[] = {
	{ "run", LIST_RUN_NAME, API_TEXT },          { "machine", LIST_RUN_MACHINE, API_TEXT },
	{ "arch", LIST_RUN_ARCH, API_TEXT },         { "kernel", LIST_RUN_KERNEL, API_TEXT },
	{ "options", LIST_RUN_OPTIONS, API_TEXT },   { "began", LIST_RUN_BEGAN, API_TIME },
	{ "received", LIST_RUN_RECEIVED, API_TIME }, { "signed", LIST_RUN_SIGNED, API_BOOL },
	{ "format", LIST_RUN_FORMAT, API_TEXT },     { "version", LIST_RUN_VERSION, API_TEXT },
	{ "complete", LIST_RUN_COMPLETE, API_BOOL }, { "stopped", LIST_RUN_STOPPED, API_TEXT },
	{ "pass", LIST_RUN_PASS, API_NUMBER },       { "fail", LIST_RUN_FAIL, API_NUMBER },
	{ "known", LIST_RUN_KNOWN, API_NUMBER },     { "skip", LIST_RUN_SKIP, API_NUMBER },
	{ "error", LIST_RUN_ERROR, API_NUMBER },     { "timeout", LIST_RUN_TIMEOUT, API_NUMBER },
	{ "crash", LIST_RUN_CRASH, API_NUMBER },     { 0 },
};

const struct api_column api_idea_columns[] = {
	{ "id", IDEA_ID, API_NUMBER },
	{ "title", IDEA_TITLE, API_TEXT },
	{ "kind", IDEA_KIND, API_TEXT },
	{ "state", IDEA_STATE, API_TEXT },
	{ "author", IDEA_AUTHOR, API_TEXT },
	{ "added", IDEA_ADDED, API_TIME },
	{ "changed", IDEA_CHANGED, API_TIME },
	{ "covered_by", IDEA_COVERED_BY, API_TEXT },
	{ "note", IDEA_NOTE, API_TEXT },
	{ "want", IDEA_WANT, API_NUMBER },
	{ "hardware", IDEA_HARDWARE, API_NUMBER },
	{ "implement", IDEA_IMPLEMENT, API_NUMBER },
	{ 0 },
};

const struct api_column api_result_columns[] = {
	{ "run", LIST_ALL_RUN, API_TEXT },
	{ "began", LIST_ALL_AT, API_TIME },
	{ "scenario", LIST_ALL_SCENARIO, API_TEXT },
	{ "claim", LIST_ALL_CLAIM, API_TEXT },
	{ "machine", LIST_ALL_MACHINE, API_TEXT },
	{ "arch", LIST_ALL_ARCH, API_TEXT },
	{ "kernel", LIST_ALL_KERNEL, API_TEXT },
	{ "options", LIST_ALL_OPTIONS, API_TEXT },
	{ "state", LIST_ALL_LETTER, API_LETTER },
	{ "expected", LIST_ALL_EXPECTED, API_NUMBER },
	{ "exercised", LIST_ALL_EXERCISED, API_NUMBER },
	{ "why", LIST_ALL_WHY, API_TEXT },
	{ 0 },
};

static void put_time(struct out *out, int64_t s)
{
	time_t t = (time_t)s;
	char text[32];
	struct tm tm;

	if (s <= 0 || !gmtime_r(&t, &tm)) {
		out_raw(out, "null");
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	out_json(out, text);
}

void api_value(struct out *out, const struct rows *rows, const struct api_column *c)
{
	int64_t n = c->kind == API_TEXT ? 0 : rows_int(rows, c->column);

	if (c->kind == API_TEXT)
		out_json(out, rows_text(rows, c->column));
	else if (c->kind == API_BOOL)
		out_raw(out, n ? "true" : "false");
	else if (c->kind == API_TIME)
		put_time(out, n);
	else if (c->kind == API_STATE)
		out_json(out, cell_words[n >= 0 && n < CELL_STATES ? n : CELL_ERROR].word);
	else if (c->kind == API_LETTER)
		out_json(out, cell_words[cell_base(rows_text(rows, c->column))].word);
	else
		out_put(out, "%lld", (long long)n);
}

void api_object(struct out *out, const struct rows *rows, const struct api_column *c)
{
	out_raw(out, "{");
	for (int i = 0; c[i].key; i++) {
		out_raw(out, i ? "," : "");
		out_json(out, c[i].key);
		out_raw(out, ":");
		api_value(out, rows, &c[i]);
	}
	out_raw(out, "}");
}

int64_t api_limit(const struct request *r)
{
	int64_t n = request_number(r, "limit", LIMITS_PAGE_ROWS);

	return n < 1 ? 1 : n > LIMITS_API_ROWS ? LIMITS_API_ROWS : n;
}

void api_list_begin(struct request *r)
{
	r->reply.type = "application/json";
	out_raw(&r->reply.body, "{\"items\":[");
}

void api_list_item(struct request *r, int count)
{
	out_raw(&r->reply.body, count ? ",\n" : "\n");
}

int api_list_end(struct request *r, const char *next)
{
	out_raw(&r->reply.body, "\n],\"next\":");
	if (*next)
		out_json(&r->reply.body, next);
	else
		out_raw(&r->reply.body, "null");
	out_raw(&r->reply.body, "}\n");
	return 0;
}
