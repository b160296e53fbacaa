// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of the API share: JSON from rows, and lists that go on. */
#pragma once

#include "site/web/request.h"
#include "site/web/route.h"

/* How a column becomes a value. */
enum api_kind { API_TEXT, API_NUMBER, API_BOOL, API_TIME, API_STATE, API_LETTER };

struct api_column {
	const char *key; /* NULL: the last */
	int column;
	enum api_kind kind;
};

/* {"key": value, ...} of the row it stands on. */
void api_object(struct out *out, const struct rows *rows, const struct api_column *columns);

/* One column of it, as JSON. */
void api_value(struct out *out, const struct rows *rows, const struct api_column *column);

/* {"items": [...], "next": "KEY" or null}: begins, separates and ends it. */
void api_list_begin(struct request *r);
void api_list_item(struct request *r, int count);
int api_list_end(struct request *r, const char *next);

/* ?limit=, 1 ... LIMITS_API_ROWS. */
int64_t api_limit(const struct request *r);

/* Columns of cells, runs, ideas and results as all routes show them. */
extern const struct api_column api_cell_columns[], api_run_columns[], api_idea_columns[],
	api_result_columns[];

#define API(name) int api_##name(struct request *r)
API(runs);
API(run_add);
API(foreign_add);
API(run);
API(run_results);
API(cells);
API(cell);
API(changes);
API(compare);
API(ideas);
API(idea);
API(idea_add);
API(ideas_change);
API(machines);
API(machine_change);
API(machines_change);
API(openapi);
API(rules);
API(rule);
API(rule_add);
API(rule_change);
API(rule_remove);
API(saved);
API(saved_one);
API(saved_add);
API(saved_remove);
API(subscription_add);
API(subscription_remove);
API(subscription_resume);
API(atom);
API(feed);
API(calendar);
