// SPDX-License-Identifier: GPL-2.0-or-later
/* How two states compare, and the list of what differs. Who differs is change_since.c's and
 * change_between.c's to find. */
#include "store/cells/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/cells/change_internal.h"

const struct change_word change_words[CHANGE_KINDS] = {
	[CHANGE_REGRESSED] = { "Regressed", "passed before and fails now" },
	[CHANGE_LOST] = { "No longer proved", "passed before and proves nothing now" },
	[CHANGE_FIXED] = { "Fixed", "failed before and passes now" },
	[CHANGE_APPEARED] = { "Appeared", "was not tried before" },
	[CHANGE_DISAPPEARED] = { "Disappeared", "was tried before and is not there now" },
	[CHANGE_OTHER] = { "Other", "differs in another way" },
};

bool change_is_bad(enum cell_state s)
{
	return s == CELL_FAIL || s == CELL_CRASH || s == CELL_FLAKY || s == CELL_KNOWN;
}

/* Stale is a pass that is old: for comparing kernels it is one. */
bool change_is_good(enum cell_state s)
{
	return s == CELL_PASS || s == CELL_STALE;
}

static enum change_kind kind_of(enum cell_state before, enum cell_state after, bool was, bool is)
{
	if (!was)
		return CHANGE_APPEARED;
	if (!is)
		return CHANGE_DISAPPEARED;
	if (change_is_good(before))
		return change_is_bad(after) ? CHANGE_REGRESSED : CHANGE_LOST;
	return change_is_bad(before) && change_is_good(after) ? CHANGE_FIXED : CHANGE_OTHER;
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
	     (change_is_good(change->before) && change_is_good(change->after)))) {
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
