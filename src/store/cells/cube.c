// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads cells into memory, all of them once and then those of targets that changed. */
#include "store/cells/cube.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SPARE 256 /* pairs that may come before all is read anew */

struct cube {
	pthread_rwlock_t lock;
	int64_t stamp; /* the highest that was read; -1: nothing was */
	struct cube_pair *pairs;
	size_t n_pairs, room; /* of pairs, in each target too */
	struct cube_target *targets;
	size_t n_targets;
};

int cube_new(struct cube **ret, struct error *err)
{
	struct cube *c = calloc(1, sizeof(*c));

	if (!c)
		return error_set(err, ENOMEM, "out of memory for cells");
	pthread_rwlock_init(&c->lock, NULL);
	c->stamp = -1;
	*ret = c;
	return 0;
}

static void forget(struct cube *c)
{
	for (size_t i = 0; i < c->n_targets; i++) {
		free(c->targets[i].options);
		free(c->targets[i].states);
		free(c->targets[i].cells);
	}
	free(c->targets);
	free(c->pairs);
	c->targets = NULL;
	c->pairs = NULL;
	c->n_targets = c->n_pairs = c->room = 0;
	c->stamp = -1;
}

void cube_free(struct cube *c)
{
	if (!c)
		return;
	forget(c);
	pthread_rwlock_destroy(&c->lock);
	free(c);
}

static int out_of_memory(struct error *err)
{
	return error_set(err, ENOMEM, "out of memory for cells");
}

/* Pairs are only ever added, with higher ids. -ENOSPC: more than there is room for. */
static int read_pairs(struct cube *c, struct db *db, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int64_t last = c->n_pairs ? c->pairs[c->n_pairs - 1].id : 0;
	int r = db_select(db, &rows, err,
			  "SELECT id,scenario,claim FROM pair WHERE id>?1 ORDER BY id", "i", last);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		if (c->n_pairs == c->room) {
			struct cube_pair *more;

			if (c->n_targets > 0)
				return -ENOSPC;
			more = reallocarray(c->pairs, c->room + SPARE, sizeof(*more));
			if (!more)
				return out_of_memory(err);
			c->pairs = more;
			c->room += SPARE;
		}
		c->pairs[c->n_pairs++] = (struct cube_pair){ rows_int(&rows, 0), rows_int(&rows, 1),
							     rows_int(&rows, 2) };
	}
	return r;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* In both the id comes first. */
static struct cube_target *find_target(struct cube *c, int64_t id)
{
	return c->n_targets
		       ? bsearch(&id, c->targets, c->n_targets, sizeof(*c->targets), compare_ids)
		       : NULL;
}

/* Mostly the pair with the id N is the Nth. */
static size_t find_pair(const struct cube *c, int64_t id)
{
	const struct cube_pair *p;

	if (id > 0 && (size_t)id <= c->n_pairs && c->pairs[id - 1].id == id)
		return (size_t)id - 1;
	p = c->n_pairs ? bsearch(&id, c->pairs, c->n_pairs, sizeof(*p), compare_ids) : NULL;
	return p ? (size_t)(p - c->pairs) : c->n_pairs;
}

/* A new one goes to the end: targets, too, are only added. */
static struct cube_target *make_target(struct cube *c, int64_t id)
{
	struct cube_target *t = find_target(c, id), *more;

	if (t)
		return t;
	more = reallocarray(c->targets, c->n_targets + 1, sizeof(*more));
	if (!more)
		return NULL;
	c->targets = more;
	t = &c->targets[c->n_targets];
	*t = (struct cube_target){ .id = id,
				   .states = malloc(c->room + 1),
				   .cells = calloc(c->room + 1, sizeof(*t->cells)) };
	c->n_targets++; /* from here on forget() frees it */
	if (!t->states || !t->cells)
		return NULL;
	memset(t->states, CUBE_NONE, c->room);
	return t;
}

static int read_targets(struct cube *c, struct db *db, int64_t *ret_stamp, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r = db_select(
		db, &rows, err,
		"SELECT id,machine,kernel,options,stamp FROM target WHERE stamp>?1 ORDER BY id",
		"i", c->stamp);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		struct cube_target *t = make_target(c, rows_int(&rows, 0));

		if (!t)
			return out_of_memory(err);
		free(t->options);
		t->options = strdup(rows_text(&rows, 3));
		t->machine = rows_int(&rows, 1);
		t->kernel = rows_int(&rows, 2);
		if (!t->options)
			return out_of_memory(err);
		if (rows_int(&rows, 4) > *ret_stamp)
			*ret_stamp = rows_int(&rows, 4);
	}
	return r;
}

/* Of the targets that changed; all at once is quicker than one by one when it is the first time. */
static int read_cells(struct cube *c, struct db *db, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	struct cube_target *t = NULL;
	int r = c->stamp < 0
			? db_stream(db, &rows, err,
				    "SELECT target,pair,id,state,is_expected,last_run<>0 FROM cell",
				    NULL)
			: db_select(
				  db, &rows, err,
				  "SELECT c.target,c.pair,c.id,c.state,c.is_expected,c.last_run<>0"
				  " FROM target t CROSS JOIN cell c"
				  " WHERE c.target=t.id AND t.stamp>?1",
				  "i", c->stamp);

	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		size_t pair = find_pair(c, rows_int(&rows, 1));

		if (!t || t->id != rows_int(&rows, 0))
			t = find_target(c, rows_int(&rows, 0));
		if (!t || pair == c->n_pairs)
			continue;
		t->cells[pair] = (uint32_t)rows_int(&rows, 2);
		t->states[pair] =
			(uint8_t)(rows_int(&rows, 3) | (rows_int(&rows, 4) ? 0 : CUBE_UNEXPECTED) |
				  (rows_int(&rows, 5) ? 0 : CUBE_UNTRIED));
	}
	return r;
}

/* Under the lock for writing. */
static int update(struct cube *c, struct db *db, struct error *err)
{
	int64_t stamp = c->stamp;
	int r = read_pairs(c, db, err);

	if (r == -ENOSPC) {
		forget(c);
		stamp = -1;
		r = read_pairs(c, db, err);
	}
	if (r >= 0)
		r = read_targets(c, db, &stamp, err);
	if (r >= 0)
		r = read_cells(c, db, err);
	if (r >= 0)
		c->stamp = stamp;
	else
		forget(c); /* half of it is new */
	return r;
}

int cube_look(struct cube *c, struct db *db, struct cube_view *ret, struct error *err)
{
	int64_t stamp = -1;
	int r = db_number(db, &stamp, err, "SELECT coalesce(max(stamp),-1) FROM target", NULL);

	if (r < 0)
		return r;
	pthread_rwlock_rdlock(&c->lock);
	if (c->stamp < stamp) {
		pthread_rwlock_unlock(&c->lock);
		pthread_rwlock_wrlock(&c->lock);
		r = c->stamp < stamp ? update(c, db, err) : 0;
		pthread_rwlock_unlock(&c->lock);
		if (r < 0)
			return r;
		pthread_rwlock_rdlock(&c->lock);
	}
	*ret = (struct cube_view){ c, c->pairs, c->n_pairs, c->targets, c->n_targets };
	return 0;
}

void cube_look_away(struct cube_view *v)
{
	if (v->cube)
		pthread_rwlock_unlock(&v->cube->lock);
	*v = (struct cube_view){ 0 };
}
