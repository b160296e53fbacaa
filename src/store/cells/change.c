// SPDX-License-Identifier: GPL-2.0-or-later
/* How two states compare, and changes between kernels. Runs and machines: change_between.c. */
#include "store/cells/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/cells/change_internal.h"
#include "store/take/names.h"

const struct change_word change_words[CHANGE_KINDS] = {
	[CHANGE_REGRESSED] = { "Regressed", "passed before and fails now" },
	[CHANGE_LOST] = { "No longer proved", "passed before and proves nothing now" },
	[CHANGE_FIXED] = { "Fixed", "failed before and passes now" },
	[CHANGE_APPEARED] = { "Appeared", "was not tried before" },
	[CHANGE_DISAPPEARED] = { "Disappeared", "was tried before and is not there now" },
	[CHANGE_OTHER] = { "Other", "differs in another way" },
};

static bool is_bad(enum cell_state s)
{
	return s == CELL_FAIL || s == CELL_CRASH || s == CELL_FLAKY || s == CELL_KNOWN;
}

/* Stale is a pass that is old: for comparing kernels it is one. */
static bool is_good(enum cell_state s)
{
	return s == CELL_PASS || s == CELL_STALE;
}

static enum change_kind kind_of(enum cell_state before, enum cell_state after, bool was, bool is)
{
	if (!was)
		return CHANGE_APPEARED;
	if (!is)
		return CHANGE_DISAPPEARED;
	if (is_good(before))
		return is_bad(after) ? CHANGE_REGRESSED : CHANGE_LOST;
	return is_bad(before) && is_good(after) ? CHANGE_FIXED : CHANGE_OTHER;
}

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

int change_add(struct change_list *l, const struct change *change, bool was, bool is,
	       struct error *err)
{
	struct change *more, *c;

	if (was && is &&
	    (change->before == change->after ||
	     (is_good(change->before) && is_good(change->after)))) {
		l->same++;
		return 0;
	}
	more = reallocarray(l->list, l->n + 1, sizeof(*more));
	if (!more)
		return error_set(err, ENOMEM, "out of memory for changes");
	l->list = more;
	c = &l->list[l->n++];
	*c = *change;
	c->kind = kind_of(change->before, change->after, was, is);
	c->scenario = copy(change->scenario);
	c->claim = copy(change->claim);
	c->machine = copy(change->machine);
	c->before_where = copy(change->before_where);
	c->after_where = copy(change->after_where);
	c->why = copy(change->why);
	l->counts[c->kind]++;
	return c->scenario && c->claim && c->machine && c->before_where && c->after_where && c->why
		       ? 0
		       : error_set(err, ENOMEM, "out of memory for changes");
}

void change_list_clear(struct change_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->list[i].scenario);
		free(l->list[i].claim);
		free(l->list[i].machine);
		free(l->list[i].before_where);
		free(l->list[i].after_where);
		free(l->list[i].why);
	}
	free(l->list);
	*l = (struct change_list){ 0 };
}

static int by_kind(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int d = (int)x->kind - (int)y->kind;

	if (d == 0)
		d = strcmp(x->claim, y->claim);
	if (d == 0)
		d = strcmp(x->scenario, y->scenario);
	return d ? d : strcmp(x->machine, y->machine);
}

void change_sort(struct change_list *l)
{
	if (l->n > 1)
		qsort(l->list, l->n, sizeof(*l->list), by_kind);
}

/* One claim in one scenario on one machine with one set of options, its kernels in their order. */
struct walk {
	struct change c;
	int64_t number; /* of `since` */
	bool was, is, differs;
	struct change_list *list;
};

enum { PAIR, MACHINE_ID, OPTIONS, NUMBER, CELL, STATE, SCENARIO, CLAIM, MACHINE, KERNEL, WHY };

static int put(struct walk *w, struct error *err)
{
	int r = 0;

	/* Only what was tried on both sides: what one side never tried is the matrix' story. */
	if (w->was && w->is)
		r = change_add(w->list, &w->c, true, true, err);
	free(w->c.scenario);
	free(w->c.claim);
	free(w->c.machine);
	free(w->c.before_where);
	free(w->c.after_where);
	free(w->c.why);
	w->c = (struct change){ 0 };
	w->was = w->is = w->differs = false;
	return r;
}

static void keep(char **text, const char *value)
{
	free(*text);
	*text = strdup(value);
}

static void see(struct walk *w, const struct rows *rows)
{
	enum cell_state state = (enum cell_state)rows_int(rows, STATE);

	if (rows_int(rows, NUMBER) <= w->number) {
		w->was = true;
		w->c.before = state;
		w->c.before_cell = rows_int(rows, CELL);
		keep(&w->c.before_where, rows_text(rows, KERNEL));
		return;
	}
	w->is = true;
	w->c.after = state;
	w->c.after_cell = rows_int(rows, CELL);
	keep(&w->c.why, rows_text(rows, WHY));
	/* The first kernel from which on it differs: one that was the same again starts anew. */
	if (is_good(state) == is_good(w->c.before) && is_bad(state) == is_bad(w->c.before))
		w->differs = false;
	else if (!w->differs) {
		w->differs = true;
		keep(&w->c.after_where, rows_text(rows, KERNEL));
	}
}

static int walk(struct rows *rows, struct walk *w, struct error *err)
{
	_cleanup_free_ char *options = NULL;
	int64_t machine = 0;
	int r = 0;

	while (r >= 0 && (r = rows_next(rows, err)) == 1) {
		bool is_next = !options || w->c.pair != rows_int(rows, PAIR) ||
			       machine != rows_int(rows, MACHINE_ID) ||
			       strcmp(options, rows_text(rows, OPTIONS)) != 0;

		if (is_next) {
			r = put(w, err);
			w->c.pair = rows_int(rows, PAIR);
			machine = rows_int(rows, MACHINE_ID);
			keep(&options, rows_text(rows, OPTIONS));
			keep(&w->c.scenario, rows_text(rows, SCENARIO));
			keep(&w->c.claim, rows_text(rows, CLAIM));
			keep(&w->c.machine, rows_text(rows, MACHINE));
		}
		see(w, rows);
	}
	return r < 0 ? r : put(w, err);
}

int change_since(struct db *db, const char *since, const struct filter *filter,
		 struct change_list *ret, struct error *err)
{
	struct walk w = { .number = names_kernel_number(since), .list = ret };
	_cleanup_free_ char *where = filter_sql(filter), *sql = NULL;
	_cleanup_rows_ struct rows rows = { 0 };
	int r;

	if (w.number == 0)
		return error_set(err, EINVAL, "\"%.40s\" is no version of a kernel", since);
	if (where)
		sql = text_printf(
			"SELECT c.pair,c.machine,t.options,k.number,c.id,c.state,s.name,l.name,"
			"m.name,k.name,c.why FROM cell c JOIN target t ON t.id=c.target"
			" JOIN kernel k ON k.id=c.kernel JOIN machine m ON m.id=c.machine"
			" JOIN scenario s ON s.id=c.scenario JOIN claim l ON l.id=c.claim"
			" WHERE c.last_run<>0 %s ORDER BY 1,2,3,4,c.id",
			where);
	if (!sql)
		return error_set(err, ENOMEM, "out of memory for changes");
	r = db_select(db, &rows, err, sql, FILTER_TYPES, FILTER_VALUES(filter));
	if (r >= 0)
		r = walk(&rows, &w, err);
	if (r < 0)
		change_list_clear(ret);
	else
		change_sort(ret);
	return r;
}
