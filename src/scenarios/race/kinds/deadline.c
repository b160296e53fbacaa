// SPDX-License-Identifier: GPL-2.0-or-later
/* The actor whose tasks become deadline tasks and stop being such: the kernel's account of admitted
 * bandwidth must be exact in the end. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/text.h"
#include "base/wait.h"
#include "scenarios/race/kinds/kinds.h"

#define PROBES_MAX 64

static int act_small(struct race_actor *a, const struct race_op *op)
{
	return deadline_set(((struct kinds_tasks *)a->state)->pids[op->arg], NS_PER_MS,
			    10 * NS_PER_MS);
}

static int act_large(struct race_actor *a, const struct race_op *op)
{
	return deadline_set(((struct kinds_tasks *)a->state)->pids[op->arg], 6 * NS_PER_MS,
			    10 * NS_PER_MS);
}

static int act_stop(struct race_actor *a, const struct race_op *op)
{
	return deadline_set(((struct kinds_tasks *)a->state)->pids[op->arg], 0, 0);
}

/* EBUSY: no room is left on the CPUs that there are just now; EPERM: the task may not run on all of
 * them, for it was moved off one that went. */
static const struct race_verb verbs[] = {
	{ .name = "small",
	  .args = KINDS_TASKS,
	  .weight = 4,
	  .legal = RACE_LEGAL(0, EBUSY, EPERM),
	  .act = act_small },
	{ .name = "large",
	  .args = KINDS_TASKS,
	  .weight = 2,
	  .legal = RACE_LEGAL(0, EBUSY, EPERM),
	  .act = act_large },
	{ .name = "stop",
	  .args = KINDS_TASKS,
	  .weight = 4,
	  .legal = RACE_LEGAL(0),
	  .act = act_stop },
	{},
};

/* How many tasks of 9 in 10 ms are admitted at once. */
static int count_admitted(void)
{
	pid_t pids[PROBES_MAX];
	int n = 0, admitted = 0;

	while (n < PROBES_MAX && kinds_start_task(&pids[n]) == 0) {
		bool is_in = deadline_set(pids[n], 9 * NS_PER_MS, 10 * NS_PER_MS) == 0;

		n++;
		if (!is_in)
			break;
		admitted++;
	}
	/* The newest first: deadline tasks would not let the others be ended. */
	while (n > 0)
		kinds_end_task(pids[--n]);
	return admitted;
}

struct counted {
	int before, now;
};

static bool is_as_before(void *arg)
{
	struct counted *c = arg;

	c->now = count_admitted();
	return c->now == c->before;
}

static bool check(struct box *box, bool is_after, void **state, char **ret_why)
{
	struct counted *c = *state ? *state : calloc(1, sizeof(*c));
	bool ok = true;

	(void)box;
	*state = c;
	if (!c)
		return true;
	if (!is_after) {
		c->before = count_admitted();
		return true;
	}
	/* What a killed task had is given back a period later. */
	ok = wait_until(is_as_before, c, wait_now_ns() + wait_scaled(5 * NS_PER_S)) == 1;
	*ret_why = text_printf("%d tasks of 9 in 10 ms are admitted at once, %d were before",
			       c->now, c->before);
	free(c);
	*state = NULL;
	return ok;
}

const struct race_kind race_deadline = {
	.name = "deadline",
	.summary = "makes its tasks deadline tasks and ordinary ones again",
	.verbs = verbs,
	.togglers_may = RACE_LEGAL(EBUSY),
	.begin = kinds_begin_tasks,
	.end = kinds_end_tasks,
	.check = check,
};
