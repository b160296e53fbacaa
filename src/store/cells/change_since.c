// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes between kernels up to a version and those after it: the cube is walked claim by claim
 * along each machine's kernels in their order. Only what differs is asked of the database.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/cells/change_internal.h"
#include "store/cells/cube_filter.h"
#include "store/cells/matrix_labels.h"
#include "store/take/names.h"

struct walk {
	struct cube_view view;
	struct cube_filter only;
	struct labels kernels, machines, scenarios, claims;
	const struct cube_target **targets; /* by machine, options and kernel */
	size_t n;
	int64_t number; /* of `since` */
};

static void cleanup_walk(struct walk *w)
{
	cube_look_away(&w->view);
	cube_filter_clear(&w->only);
	labels_clear(&w->kernels);
	labels_clear(&w->machines);
	labels_clear(&w->scenarios);
	labels_clear(&w->claims);
	free(w->targets);
}

static const char *name_of(struct labels *l, int64_t id)
{
	const struct label *label = labels_find(l, id);

	return label ? label->text : "?";
}

static int64_t number_of(struct walk *w, const struct cube_target *t)
{
	const struct label *label = labels_find(&w->kernels, t->kernel);

	return label ? label->order : 0;
}

static bool is_same_box(const struct cube_target *a, const struct cube_target *b)
{
	return a->machine == b->machine && strcmp(a->options, b->options) == 0;
}

static int by_box(const void *a, const void *b, void *arg)
{
	const struct cube_target *x = *(const struct cube_target *const *)a,
				 *y = *(const struct cube_target *const *)b;
	int64_t m = number_of(arg, x), n = number_of(arg, y);
	int d = (x->machine > y->machine) - (x->machine < y->machine);

	if (d == 0)
		d = strcmp(x->options, y->options);
	return d ? d : (m > n) - (m < n);
}

static int prepare(struct walk *w, struct db *db, const struct filter *filter, struct cube *cube,
		   struct error *err)
{
	int r = labels_read(db, "SELECT id,name,number FROM kernel", &w->kernels, err);

	if (r >= 0)
		r = labels_read(db, "SELECT id,name,0 FROM machine", &w->machines, err);
	if (r >= 0)
		r = labels_read(db, "SELECT id,name,0 FROM scenario", &w->scenarios, err);
	if (r >= 0)
		r = labels_read(db, "SELECT id,name,0 FROM claim", &w->claims, err);
	if (r >= 0)
		r = cube_filter_read(&w->only, db, filter, err);
	if (r >= 0)
		r = cube_look(cube, db, &w->view, err);
	if (r < 0)
		return r;
	w->targets = calloc(w->view.n_targets + 1, sizeof(*w->targets));
	if (!w->targets)
		return error_set(err, ENOMEM, "out of memory for changes");
	for (size_t i = 0; i < w->view.n_targets; i++)
		if (cube_filter_target(&w->only, &w->view.targets[i]))
			w->targets[w->n++] = &w->view.targets[i];
	qsort_r(w->targets, w->n, sizeof(*w->targets), by_box, w);
	return 0;
}

/* One claim in one scenario on one machine with one set of options. */
struct story {
	const struct cube_target *before, *after, *first; /* first: from which on it differs */
};

static enum cell_state state_of(const struct cube_target *t, size_t pair)
{
	return (enum cell_state)(t->states[pair] & CUBE_STATE);
}

static void see(struct walk *w, struct story *s, const struct cube_target *t, size_t pair)
{
	enum cell_state before, now = state_of(t, pair);

	if (number_of(w, t) <= w->number) {
		s->before = t;
		return;
	}
	s->after = t;
	if (!s->before)
		return;
	/* The first kernel from which on it differs: one that was the same again starts anew. */
	before = state_of(s->before, pair);
	if (change_is_good(now) == change_is_good(before) &&
	    change_is_bad(now) == change_is_bad(before))
		s->first = NULL;
	else if (!s->first)
		s->first = t;
}

static int read_why(struct db *db, int64_t cell, char **ret, struct error *err)
{
	int r = db_text(db, ret, err, "SELECT why FROM cell WHERE id=?1", "i", cell);

	return r < 0 ? r : 0;
}

/* Only what was tried on both sides: what one side never tried is the matrix' story. */
static int tell(struct walk *w, struct db *db, const struct story *s, size_t pair,
		struct change_list *list, struct error *err)
{
	const struct cube_pair *p = &w->view.pairs[pair];
	_cleanup_free_ char *why = NULL;
	struct change c = { .pair = p->id };
	int r = 0;

	if (!s->before || !s->after)
		return 0;
	c.before = state_of(s->before, pair);
	c.after = state_of(s->after, pair);
	if (c.before != c.after)
		r = read_why(db, s->after->cells[pair], &why, err);
	if (r < 0)
		return r;
	c.before_cell = s->before->cells[pair];
	c.after_cell = s->after->cells[pair];
	c.why = why;
	c.scenario = (char *)name_of(&w->scenarios, p->scenario);
	c.claim = (char *)name_of(&w->claims, p->claim);
	c.machine = (char *)name_of(&w->machines, s->after->machine);
	c.before_where = (char *)name_of(&w->kernels, s->before->kernel);
	c.after_where = (char *)name_of(&w->kernels, (s->first ? s->first : s->after)->kernel);
	return change_add(list, &c, true, true, err);
}

static int walk_pair(struct walk *w, struct db *db, size_t pair, struct change_list *list,
		     struct error *err)
{
	struct story s = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < w->n; i++) {
		const struct cube_target *t = w->targets[i];
		uint8_t state = t->states[pair];

		if (i > 0 && !is_same_box(w->targets[i - 1], t)) {
			r = tell(w, db, &s, pair, list, err);
			s = (struct story){ 0 };
		}
		if (r >= 0 && w->only.states[state] && !(state & CUBE_UNTRIED))
			see(w, &s, t, pair);
	}
	return r < 0 ? r : tell(w, db, &s, pair, list, err);
}

int change_since(struct cube *cube, struct db *db, const char *since, const struct filter *filter,
		 struct change_list *ret, struct error *err)
{
	struct walk w _cleanup_(cleanup_walk) = { .number = names_kernel_number(since) };
	int r;

	if (w.number == 0)
		return error_set(err, EINVAL, "\"%.40s\" is no version of a kernel", since);
	r = prepare(&w, db, filter, cube, err);
	for (size_t i = 0; r >= 0 && i < w.view.n_pairs; i++)
		if (cube_filter_pair(&w.only, &w.view.pairs[i]))
			r = walk_pair(&w, db, i, ret, err);
	if (r < 0)
		change_list_clear(ret);
	else
		change_sort(ret);
	return r;
}
