// SPDX-License-Identifier: GPL-2.0-or-later
/* Saved searches are done here: each kind is one query of the store, and one way to say a row. */
#include "site/tell/news.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "site/web/request.h"
#include "store/cells/cell.h"
#include "store/limits.h"
#include "store/cells/list.h"
#include "store/cells/machine.h"
#include "store/people/idea.h"
#include "store/people/search.h"
#include "store/tell/saved.h"

#define SOON_S (7 * 86400) /* before a lending ends */

void news_clear(struct news *news)
{
	for (size_t i = 0; i < news->n; i++) {
		free(news->list[i].title);
		free(news->list[i].note);
		free(news->list[i].path);
		free(news->list[i].ref);
	}
	free(news->list);
	*news = (struct news){ 0 };
}

/* A query, taken apart, and what there is to be done with it. */
struct asked {
	struct db *db;
	const struct news_ask *ask;
	struct fields fields;
	struct filter filter;
	struct news *news;
	struct error *err;
};

static const char *value_of(const struct asked *a, const char *name)
{
	for (size_t i = 0; i < a->fields.n; i++)
		if (strcmp(a->fields.list[i].name, name) == 0 && *a->fields.list[i].value)
			return a->fields.list[i].value;
	return NULL;
}

static char *make_path(const char *kind, const char *name)
{
	struct out out = { 0 };

	out_raw(&out, "/");
	out_raw(&out, kind);
	out_raw(&out, "/");
	out_url(&out, name);
	return out.text;
}

/* Takes what is in the item over, also when it is not kept. */
static int add(struct asked *a, struct news_item item)
{
	struct news *n = a->news;
	struct news_item *more;
	int r = 0;

	if (a->ask->subscription && !news_has_numbers(a->ask->kind) && item.ref)
		r = subscription_was_told(a->db, a->ask->subscription, item.ref, a->err);
	if (r == 0 && n->n == a->ask->limit) {
		n->is_more = true;
		r = 1;
	}
	more = r == 0 ? reallocarray(n->list, n->n + 1, sizeof(*more)) : NULL;
	if (more)
		n->list = more;
	if (more && item.title && item.note && item.path && item.ref) {
		n->list[n->n++] = item;
		return 0;
	}
	free(item.title);
	free(item.note);
	free(item.path);
	free(item.ref);
	return r != 0 ? (r < 0 ? r : 0) : error_set(a->err, ENOMEM, "out of memory for news");
}

static int add_cell(struct asked *a, const struct rows *c)
{
	int64_t state = rows_int(c, LIST_CELL_STATE);
	const char *options = rows_text(c, LIST_CELL_OPTIONS);

	return add(
		a,
		(struct news_item){
			.title = text_printf(
				"%s: %s in %s on %s, %s%s%s",
				cell_words[state >= 0 && state < CELL_STATES ? state : CELL_ERROR]
					.title,
				rows_text(c, LIST_CELL_CLAIM), rows_text(c, LIST_CELL_SCENARIO),
				rows_text(c, LIST_CELL_MACHINE), rows_text(c, LIST_CELL_KERNEL),
				*options ? ", " : "", options),
			.note = strdup(rows_text(c, LIST_CELL_WHY)),
			.path = text_printf("/cell/%" PRId64, rows_int(c, LIST_CELL_ID)),
			.ref = text_printf("cell:%" PRId64 ":%" PRId64 ":%s",
					   rows_int(c, LIST_CELL_ID), state,
					   rows_text(c, LIST_CELL_SINCE)),
			.at = rows_int(c, LIST_CELL_AT) });
}

static int add_run(struct asked *a, const struct rows *u)
{
	int64_t bad = rows_int(u, LIST_RUN_FAIL) + rows_int(u, LIST_RUN_CRASH) +
		      rows_int(u, LIST_RUN_TIMEOUT);

	return add(a, (struct news_item){ .title = text_printf("%" PRId64 " broken, %" PRId64
							       " proved on %s, %s",
							       bad, rows_int(u, LIST_RUN_PASS),
							       rows_text(u, LIST_RUN_MACHINE),
							       rows_text(u, LIST_RUN_KERNEL)),
					  .note = strdup(rows_text(u, LIST_RUN_STOPPED)),
					  .path = make_path("run", rows_text(u, LIST_RUN_NAME)),
					  .ref = text_printf("run:%s", rows_text(u, LIST_RUN_NAME)),
					  .at = rows_int(u, LIST_RUN_RECEIVED) });
}

static int add_idea(struct asked *a, const struct rows *i)
{
	int64_t id = rows_int(i, IDEA_ID);

	return add(a, (struct news_item){ .title = text_printf("%s: %s", rows_text(i, IDEA_STATE),
							       rows_text(i, IDEA_TITLE)),
					  .note = strdup(rows_text(i, IDEA_NOTE)),
					  .path = text_printf("/idea/%" PRId64, id),
					  .ref = text_printf("idea:%" PRId64 ":%s", id,
							     rows_text(i, IDEA_STATE)),
					  .at = rows_int(i, IDEA_CHANGED) });
}

static int add_hit(struct asked *a, const struct rows *h)
{
	const char *kind = rows_text(h, SEARCH_KIND), *ref = rows_text(h, SEARCH_REF);

	return add(a, (struct news_item){
			      .title = text_printf("%s: %s", kind, rows_text(h, SEARCH_TITLE)),
			      .note = strdup(rows_text(h, SEARCH_SNIPPET)),
			      .path = strcmp(kind, "kernel") == 0 ? strdup("/matrix")
								  : make_path(kind, ref),
			      .ref = text_printf("%s:%s", kind, ref) });
}

static int add_machine(struct asked *a, const struct rows *m)
{
	const char *name = rows_text(m, MACHINE_NAME), *until = rows_text(m, MACHINE_LENT_UNTIL);
	int64_t day = 0;
	int r = add(a, (struct news_item){
			       .title = text_printf("%s: %s", name, rows_text(m, MACHINE_HEALTH)),
			       .note = strdup(rows_text(m, MACHINE_HEALTH_WHY)),
			       .path = make_path("machine", name),
			       .ref = text_printf("machine:%s:%s:%" PRId64, name,
						  rows_text(m, MACHINE_HEALTH),
						  rows_int(m, MACHINE_HEALTH_AT)),
			       .at = rows_int(m, MACHINE_HEALTH_AT) });

	if (r < 0 || machine_date(until, &day) < 0 || day > a->ask->now + SOON_S)
		return r;
	return add(a, (struct news_item){
			      .title = text_printf("%s: its lending ends on %s", name, until),
			      .note = strdup(rows_text(m, MACHINE_LENT_TO)),
			      .path = make_path("machine", name),
			      .ref = text_printf("machine:%s:until:%s", name, until),
			      .at = day - SOON_S });
}

static int select_cells(struct asked *a, struct rows *rows)
{
	int r = list_newest_stamp(a->db, &a->news->upto, a->err);

	return r < 0 ? r
		     : list_changed(a->db, &a->filter, a->ask->after, (int64_t)a->ask->limit + 1,
				    rows, a->err);
}

static int select_runs(struct asked *a, struct rows *rows)
{
	int r = list_newest_run(a->db, &a->news->upto, a->err);

	return r < 0 ? r
		     : list_new_runs(a->db, &a->filter, strcmp(a->ask->kind, "broken") == 0,
				     a->ask->after, (int64_t)a->ask->limit + 1, rows, a->err);
}

static int select_ideas(struct asked *a, struct rows *rows)
{
	const char *state = value_of(a, "state");

	if (state && (strcmp(state, "waiting") == 0 || strcmp(state, "rejected") == 0))
		return error_set(a->err, EINVAL, "only maintainers see ideas that wait");
	return idea_list(a->db, state, -1, 0, LIMITS_TOLD, rows, a->err);
}

static int select_machines(struct asked *a, struct rows *rows)
{
	return machine_list(a->db, &a->filter, rows, a->err);
}

static int select_hits(struct asked *a, struct rows *rows)
{
	const char *words = value_of(a, "q");

	if (!words)
		return error_set(a->err, EINVAL, "a search needs words");
	return search_newest(a->db, words, LIMITS_TOLD, rows, a->err);
}

static const struct {
	const char *kind, *page;
	int (*select)(struct asked *a, struct rows *rows);
	int (*add)(struct asked *a, const struct rows *row);
	bool has_numbers;
} kinds[] = {
	{ "cells", "/cells", select_cells, add_cell, true },
	{ "runs", "/runs", select_runs, add_run, true },
	{ "broken", "/runs", select_runs, add_run, true },
	{ "ideas", "/ideas", select_ideas, add_idea, false },
	{ "machines", "/machines", select_machines, add_machine, false },
	{ "search", "/search", select_hits, add_hit, false },
};

static size_t find_kind(const char *kind)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(kinds) && strcmp(kinds[i].kind, kind) != 0)
		i++;
	return i;
}

bool news_has_numbers(const char *kind)
{
	size_t i = find_kind(kind);

	return i < ARRAY_SIZE(kinds) && kinds[i].has_numbers;
}

void news_put_path(struct out *out, const char *kind, const char *query)
{
	size_t i = find_kind(kind);

	out_raw(out, i < ARRAY_SIZE(kinds) ? kinds[i].page : "/");
	out_raw(out, *query ? "?" : "");
	out_raw(out, query);
}

static int read_rows(struct asked *a, size_t kind)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = kinds[kind].select(a, &rows);

	while (r >= 0 && (r = rows_next(&rows, a->err)) == 1)
		r = kinds[kind].add(a, &rows);
	return r;
}

int news_read(struct db *db, const struct news_ask *ask, struct news *ret, struct error *err)
{
	struct news news _cleanup_news_ = { 0 };
	struct asked a = { .db = db, .ask = ask, .news = &news, .err = err };
	size_t kind = find_kind(ask->kind);
	int r;

	if (kind == ARRAY_SIZE(kinds))
		return error_set(err, EINVAL, "\"%.40s\" is nothing that can be followed",
				 ask->kind);
	r = request_split(strdup(ask->query), &a.fields);
	if (r < 0) {
		free(a.fields.text);
		return error_set(err, EINVAL, "\"%.200s\" is no query", ask->query);
	}
	for (const char *const *name = filter_names; *name; name++)
		*filter_field(&a.filter, *name) = value_of(&a, *name);
	r = read_rows(&a, kind);
	free(a.fields.text);
	if (r < 0)
		return r;
	*ret = news;
	news = (struct news){ 0 };
	return 0;
}
