// SPDX-License-Identifier: GPL-2.0-or-later
/* What the filter's words mean is filter.c's; a unit test holds the two against each other. */
#include "store/cells/cube_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/cells/cell.h"

static int read_ids(struct cube_ids *ids, struct db *db, const char *sql, const char *a,
		    const char *b, const char *c, struct error *err)
{
	_cleanup_rows_ struct rows rows = { 0 };
	int r;

	ids->is_any = !a && !b && !c;
	if (ids->is_any)
		return 0;
	r = db_select(db, &rows, err, sql, "sss", a, b, c);
	while (r >= 0 && (r = rows_next(&rows, err)) == 1) {
		int64_t *more = reallocarray(ids->list, ids->n + 1, sizeof(*more));

		if (!more)
			return error_set(err, ENOMEM, "out of memory for a filter");
		ids->list = more;
		ids->list[ids->n++] = rows_int(&rows, 0);
	}
	return r;
}

static bool is_wanted(int state, const char *word)
{
	if (!word)
		return true;
	if (strcmp(word, "open") == 0)
		return state != CELL_PASS && state != CELL_NOT_APPLICABLE;
	if (strcmp(word, "broken") == 0)
		return state == CELL_FAIL || state == CELL_CRASH || state == CELL_FLAKY;
	return strcmp(cell_words[state].word, word) == 0;
}

int cube_filter_read(struct cube_filter *f, struct db *db, const struct filter *filter,
		     struct error *err)
{
	int r = read_ids(&f->claims, db,
			 "SELECT id FROM claim WHERE (?1 IS NULL OR name=?1)"
			 " AND (?2 IS NULL OR subject=?2) ORDER BY id",
			 filter->claim, filter->subject, NULL, err);

	if (r >= 0)
		r = read_ids(&f->scenarios, db, "SELECT id FROM scenario WHERE name=?1",
			     filter->scenario, NULL, NULL, err);
	if (r >= 0)
		r = read_ids(&f->machines, db,
			     "SELECT id FROM machine WHERE (?1 IS NULL OR name=?1)"
			     " AND (?2 IS NULL OR arch=?2) AND (?3 IS NULL OR platform=?3)"
			     " ORDER BY id",
			     filter->machine, filter->arch, filter->platform, err);
	if (r >= 0)
		r = read_ids(&f->kernels, db,
			     "SELECT id FROM kernel WHERE (?1 IS NULL OR name=?1)"
			     " AND (?2 IS NULL OR series=?2) ORDER BY id",
			     filter->kernel, filter->series, NULL, err);
	f->options = filter->options;
	for (int s = 0; s < CELL_STATES; s++) {
		f->states[s] = is_wanted(s, filter->state);
		f->states[s | CUBE_UNTRIED] = f->states[s];
		f->states[s | CUBE_UNEXPECTED] = f->states[s | CUBE_UNEXPECTED | CUBE_UNTRIED] =
			filter->is_unexpected && f->states[s];
	}
	return r < 0 ? r : 0;
}

void cube_filter_clear(struct cube_filter *f)
{
	free(f->claims.list);
	free(f->scenarios.list);
	free(f->machines.list);
	free(f->kernels.list);
	*f = (struct cube_filter){ 0 };
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool has(const struct cube_ids *ids, int64_t id)
{
	return ids->is_any ||
	       (ids->n && bsearch(&id, ids->list, ids->n, sizeof(*ids->list), compare));
}

bool cube_filter_pair(const struct cube_filter *f, const struct cube_pair *pair)
{
	return has(&f->claims, pair->claim) && has(&f->scenarios, pair->scenario);
}

bool cube_filter_target(const struct cube_filter *f, const struct cube_target *target)
{
	return has(&f->machines, target->machine) && has(&f->kernels, target->kernel) &&
	       (!f->options || strcmp(f->options, target->options) == 0);
}
