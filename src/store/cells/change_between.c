// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes between two runs, two kernels, or two machines: two lists of states by pair, merged. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/cells/change_internal.h"

struct one {
	int64_t pair, cell;
	enum cell_state state;
	char *why;
};

struct side {
	struct one *list; /* by pair */
	size_t n;
	const char *where;
};

static void cleanup_side(struct side *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].why);
	free(s->list);
}

static enum cell_state state_in(const struct rows *rows, bool is_run)
{
	return is_run ? cell_base(rows_text(rows, 2)) : (enum cell_state)rows_int(rows, 2);
}

/* Rows of pair, cell, state or letter, why, ordered by pair; of several the worst one stays. */
static int read_side(struct rows *rows, bool is_run, struct side *side, struct error *err)
{
	size_t size = 0;
	int r = 0;

	while (r >= 0 && (r = rows_next(rows, err)) == 1) {
		struct one *last = side->n ? &side->list[side->n - 1] : NULL;
		enum cell_state state = state_in(rows, is_run);

		if (last && last->pair == rows_int(rows, 0)) {
			if (cell_words[state].badness <= cell_words[last->state].badness)
				continue;
			free(last->why);
			side->n--;
		} else if (side->n == size) {
			last = reallocarray(side->list, size = size * 2 + 256, sizeof(*last));
			if (!last)
				return error_set(err, ENOMEM, "out of memory for a comparison");
			side->list = last;
		}
		side->list[side->n++] = (struct one){ rows_int(rows, 0), rows_int(rows, 1), state,
						      strdup(rows_text(rows, 3)) };
	}
	return r;
}

static int select_run(struct db *db, int64_t id, struct rows *rows, struct error *err)
{
	return db_select(
		db, rows, err,
		"SELECT c.pair,c.id,r.verdict,coalesce(r.why,'') FROM run u"
		" JOIN cell c ON c.target=u.target JOIN result r ON r.cell=c.id AND r.run=u.id"
		" WHERE u.id=?1 ORDER BY c.pair",
		"i", id);
}

static int read_named(struct db *db, const char *what, const char *name, struct side *side,
		      struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	bool is_run = strcmp(what, "run") == 0, is_kernel = strcmp(what, "kernel") == 0;
	int64_t id = 0;
	int r;

	r = is_run ? db_number(db, &id, err, "SELECT id FROM run WHERE name=?1", "s", name)
	    : is_kernel
		    ? db_number(db, &id, err, "SELECT id FROM kernel WHERE name=?1", "s", name)
		    : db_number(db, &id, err, "SELECT id FROM machine WHERE name=?1", "s", name);
	if (r == 0)
		return error_set(err, ENOENT, "there is no %s \"%.80s\"",
				 is_run      ? "run"
				 : is_kernel ? "kernel"
					     : "machine",
				 name);
	if (r >= 0)
		r = is_run ? select_run(db, id, &rows, err)
		    : is_kernel
			    ? db_select(
				      db, &rows, err,
				      "SELECT pair,id,state,why FROM cell WHERE target IN"
				      " (SELECT id FROM target WHERE kernel=?1) AND last_run<>0 ORDER BY pair",
				      "i", id)
			    : db_select(
				      db, &rows, err,
				      "SELECT pair,id,state,why FROM cell WHERE target IN"
				      " (SELECT id FROM target WHERE machine=?1) AND last_run<>0 ORDER BY pair",
				      "i", id);
	side->where = name;
	return r < 0 ? r : read_side(&rows, is_run, side, err);
}

static int add(struct db *db, const struct one *a, const struct one *b, const char *before,
	       const char *after, struct change_list *ret, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct change c = { .before_where = (char *)before, .after_where = (char *)after };
	int r;

	/* One of them is there at least. */
	if (a) {
		c.pair = a->pair, c.why = a->why;
		c.before = a->state, c.before_cell = a->cell;
	}
	if (b) {
		c.pair = b->pair, c.why = b->why;
		c.after = b->state, c.after_cell = b->cell;
	}

	if (a && b && a->state == b->state) {
		ret->same++;
		return 0;
	}
	r = db_select(db, &rows, err,
		      "SELECT s.name,l.name FROM pair p JOIN scenario s ON s.id=p.scenario"
		      " JOIN claim l ON l.id=p.claim WHERE p.id=?1",
		      "i", c.pair);
	if (r >= 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	c.scenario = (char *)rows_text(&rows, 0);
	c.claim = (char *)rows_text(&rows, 1);
	return change_add(ret, &c, a != NULL, b != NULL, err);
}

int change_between(struct db *db, const char *what, const char *before, const char *after,
		   struct change_list *ret, struct error *err)
{
	struct side a _cleanup_(cleanup_side) = { 0 };
	struct side b _cleanup_(cleanup_side) = { 0 };
	size_t i = 0, k = 0;
	int r = read_named(db, what, before, &a, err);

	if (r >= 0)
		r = read_named(db, what, after, &b, err);
	while (r >= 0 && (i < a.n || k < b.n)) {
		const struct one *x = i < a.n ? &a.list[i] : NULL, *y = k < b.n ? &b.list[k] : NULL;

		if (x && y && x->pair != y->pair) {
			if (x->pair < y->pair)
				y = NULL;
			else
				x = NULL;
		}
		i += x != NULL;
		k += y != NULL;
		r = add(db, x, y, a.where, b.where, ret, err);
	}
	if (r < 0)
		change_list_clear(ret);
	else
		change_sort(ret);
	return r;
}
