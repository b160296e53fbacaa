// SPDX-License-Identifier: GPL-2.0-or-later
/* The way back after a step failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "witnesses/trace/judge.h"

const struct claim sm_rollback_order = {
	.id = "rollback.order",
	.summary = "After a failed step exactly the steps done are undone, in reverse",
	.explain =
		"A CPU that was refused must be as it was: every state that was passed is gone through again with its opposite "
		"callback, the last one first, up to the state where the act began; the step that failed is not undone, but "
		"those of its instances that had succeeded are. Held against a complete transition of the other direction in the same "
		"scenario, where there is one; else only the order is judged. A failure leaves a CPU that "
		"is online and lacks something, or is offline and holds it.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst",
		     "hrtimers: Handle CPU state correctly on hotplug (2f8dea1692ee)"),
	.faults = FAULTS("kmod:rollback-skips"),
};

static bool attempt_went_back(const struct attempt *a)
{
	return a->failed || a->wrapper || a->n_back > 0;
}

struct problem {
	char text[200];
	int step;
};

static bool fails(struct problem *p, const struct step *step, const char *what)
{
	p->step = step->number;
	snprintf(p->text, sizeof(p->text), "step %d (%s) %s", step->number, step->callback, what);
	return true;
}

/* Is this state between the failed step and the start? */
static bool is_passed(const struct act_trace *t, int failed_at, int number)
{
	return t->way == STEP_DOWN ? number > failed_at : number < failed_at;
}

static size_t count(const struct step *const *list, size_t n, int number)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += list[i]->number == number;
	return found;
}

static bool is_out_of_order(const struct act_trace *t, const struct attempt *a, struct problem *p)
{
	for (size_t i = 1; i < a->n_back; i++) {
		int by = a->back[i]->number - a->back[i - 1]->number;

		if (t->way == STEP_UP)
			by = -by;
		if (by < 0)
			return fails(p, a->back[i], "was undone out of order");
		if (by == 0 && !a->back[i]->is_multi)
			return fails(p, a->back[i], "was undone twice");
	}
	return false;
}

static bool is_too_much(const struct act_trace *t, const struct attempt *a, int failed_at,
			struct problem *p)
{
	for (size_t i = 0; i < a->n_back; i++) {
		const struct step *step = a->back[i];
		size_t done = count(a->forward, a->n_forward, step->number),
		       undone = count(a->back, a->n_back, step->number);

		if (!step->has_ended || step->ret != 0)
			return fails(p, step, "failed on the way back");
		if (step->number == failed_at)
			return fails(p, step, "failed, and was undone");
		if (!is_passed(t, failed_at, step->number))
			return fails(p, step, "was undone and had not been done");
		if (step->is_multi && done > 0 && done != undone)
			return fails(p, step, "was undone for another number of instances");
	}
	return false;
}

static bool is_too_little(const struct act_trace *t, const struct attempt *a, int failed_at,
			  const struct ladder *opposite, struct problem *p)
{
	for (size_t i = 0; opposite && i < opposite->n; i++) {
		const struct rung *rung = &opposite->list[i];

		if (!is_passed(t, failed_at, rung->number) || rung->may_vanish)
			continue;
		if (count(a->back, a->n_back, rung->number) > 0)
			continue;
		p->step = rung->number;
		snprintf(p->text, sizeof(p->text), "step %d (%s) was not undone", rung->number,
			 rung->callback);
		return true;
	}
	return false;
}

/* The instances of the failed step that had succeeded. */
static bool is_half_undone(const struct attempt *a, const struct ladder *opposite,
			   struct problem *p)
{
	size_t done = a->failed ? count(a->forward, a->n_forward, a->failed->number) : 0;
	bool has_opposite = false;

	for (size_t i = 0; a->failed && opposite && i < opposite->n; i++)
		has_opposite = has_opposite || opposite->list[i].number == a->failed->number;
	if (!has_opposite || a->n_undone == done)
		return false;
	return fails(p, a->failed, "failed for one instance, and not all others were undone");
}

/* The state whose step failed; -1: nothing says which. */
static int failed_at(const struct act_trace *t, const struct attempt *a)
{
	if (a->failed)
		return a->failed->number;
	if (t->trap >= 0)
		return t->trap;
	/* The CPU did not come up: what was done by then lies below. */
	if (a->wrapper && t->way == STEP_UP && a->n_back == 0)
		return a->wrapper->number;
	return -1;
}

/* True, with the problem, when this attempt was not undone as it must be. */
static bool is_attempt_wrong(const struct act_trace *t, const struct attempt *a, int at,
			     const struct ladder *opposite, struct problem *p)
{
	if (is_out_of_order(t, a, p) || is_too_much(t, a, at, p) ||
	    is_too_little(t, a, at, opposite, p) || is_half_undone(a, opposite, p))
		return true;
	if (a != act_trace_last(t) || t->state < 0 || t->state == t->start)
		return false;
	p->step = -1;
	snprintf(p->text, sizeof(p->text), "it ended in state %d, and began in %d", t->state,
		 t->start);
	return true;
}

static void add(struct findings *f, const struct act_trace *t, const struct attempt *a, int at,
		const struct ladder *opposite, const struct problem *p)
{
	json_t *data = json_pack("{s:i, s:i, s:I, s:I, s:b}", "failed", at, "step",
				 p ? p->step : -1, "done", (json_int_t)a->n_forward, "undone",
				 (json_int_t)a->n_back, "complete", opposite != NULL);

	if (p)
		finding_add(f, &sm_rollback_order, FINDING_UNMET, data, "cpu%d: step %d failed; %s",
			    t->cpu, at, p->text);
	else
		finding_add(f, &sm_rollback_order, FINDING_MET, data,
			    "cpu%d: step %d failed; %zu steps had been done, %zu were undone%s",
			    t->cpu, at, a->n_forward, a->n_back,
			    opposite ? "" : ", in order (no complete transition to compare with)");
}

void judge_rollback(const struct act_trace *t, const struct ladder *opposite, struct findings *f)
{
	const struct attempt *judged = NULL;
	struct problem p = { .step = -1 };
	bool went_back = t->trap >= 0;

	for (size_t i = 0; i < t->attempts.n; i++) {
		const struct attempt *a = &t->attempts.list[i];
		int at = failed_at(t, a);

		went_back = went_back || attempt_went_back(a);
		if (at < 0)
			continue;
		judged = a;
		if (is_attempt_wrong(t, a, at, opposite, &p)) {
			add(f, t, a, at, opposite, &p);
			return;
		}
	}
	if (judged)
		add(f, t, judged, failed_at(t, judged), opposite, NULL);
	else if (went_back)
		finding_add(f, &sm_rollback_order, FINDING_UNEXERCISED, NULL,
			    "cpu%d: nothing says which step failed", t->cpu);
}
