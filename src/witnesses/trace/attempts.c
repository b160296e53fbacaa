// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cuts the steps of an act into attempts: forward, the failure, back. Pure. Whether that is as it
 * must be is judge.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "witnesses/trace/steps.h"

struct cutting {
	struct attempts *out;
	enum step_way way;
	const struct step **forward, **undone, **back; /* where the next one goes */
};

static struct attempt *now(struct cutting *c)
{
	return &c->out->list[c->out->n - 1];
}

static int begin(struct cutting *c)
{
	if (c->out->n == ATTEMPTS_MAX)
		return -E2BIG;
	c->out->list[c->out->n++] =
		(struct attempt){ .forward = c->forward, .undone = c->undone, .back = c->back };
	return 0;
}

/*
 * A step that fails for one of its instances takes back the others before it: on the CPU itself as
 * a step back, in the control task as one forward with the other callback.
 */
static bool undoes_failed(const struct attempt *a, const struct step *step)
{
	return a->failed && a->failed->is_multi && step->is_multi &&
	       step->number == a->failed->number &&
	       strcmp(step->callback, a->failed->callback) != 0;
}

/*
 * Does this step forward begin another attempt? Inside of a wrapper that failed in the end the
 * first steps still go forward. One that went back without any failure is no attempt: nobody tries
 * again.
 */
static bool is_over(const struct attempt *a, const struct step *step)
{
	return a->failed || (a->wrapper && (step->is_wrapper || a->n_back > 0));
}

static int take(struct cutting *c, const struct step *step)
{
	bool failed = step->has_ended && step->ret != 0;
	struct attempt *a = now(c);
	int r;

	if (undoes_failed(a, step)) {
		*c->undone++ = step;
		a->n_undone++;
		return 0;
	}
	if (step->has_ended && step->way != c->way) {
		if (step->is_wrapper)
			return 0;
		*c->back++ = step;
		a->n_back++;
		return 0;
	}
	if (is_over(a, step)) {
		r = begin(c);
		if (r < 0)
			return r;
		a = now(c);
	}
	if (step->is_wrapper) {
		a->wrapper = failed ? step : NULL;
	} else if (failed) {
		a->failed = step;
	} else {
		*c->forward++ = step;
		a->n_forward++;
	}
	return 0;
}

int attempts_find(const struct steps *steps, enum step_way way, struct attempts *ret)
{
	_cleanup_attempts_ struct attempts out = {
		.pool = calloc(3 * steps->n + 1, sizeof(*out.pool)),
	};
	struct cutting c = {
		.out = &out,
		.way = way,
		.forward = out.pool,
		.undone = out.pool + steps->n,
		.back = out.pool + 2 * steps->n,
	};
	int r = out.pool ? begin(&c) : -ENOMEM;

	for (size_t i = 0; i < steps->n && r == 0; i++)
		if (!steps->list[i].has_ended || steps->list[i].way != STEP_OTHER)
			r = take(&c, &steps->list[i]);
	if (r < 0)
		return r;
	*ret = out;
	out.pool = NULL;
	return 0;
}

void attempts_clear(struct attempts *a)
{
	free(a->pool);
	*a = (struct attempts){};
}
