// SPDX-License-Identifier: GPL-2.0-or-later
/* An actor that starts suspends which end at the CPUs (scenarios/pm/pm.h). Everybody else is frozen
 * meanwhile, in the middle of what they do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scenarios/pm/pm.h"
#include "scenarios/race/kinds/kinds.h"

static int act_suspend(struct race_actor *a, const struct race_op *op)
{
	(void)a;
	(void)op;
	return kinds_write(PM_WORD, "/" PM_STATE);
}

/* EBUSY: tasks could not be frozen in time, or another actor does it. */
static const struct race_verb suspend_verbs[] = {
	{ .name = "suspend",
	  .weight = 1,
	  .is_marked = true,
	  .legal = RACE_LEGAL(0, EBUSY),
	  .act = act_suspend },
	{},
};

static bool put_back(const struct pm_knobs *knobs, char **ret_why)
{
	for (int i = PM_KNOBS - 1; i >= 0; i--) {
		const struct pm_knob *k = &knobs->knobs[i];

		if (!*k->was || kinds_write(k->was, "/%s", k->path) == 0)
			continue;
		*ret_why = text_printf("\"%s\" cannot be set to \"%s\" again", k->path, k->was);
		return false;
	}
	*ret_why = strdup("power/pm_test is as before");
	return true;
}

static bool check_knobs(struct box *box, bool is_after, void **state, char **ret_why)
{
	struct pm_knobs *knobs = *state;
	bool ok;

	if (!is_after) {
		knobs = calloc(1, sizeof(*knobs));
		if (!knobs || pm_knobs_read(box, knobs) < 0) {
			free(knobs);
			return true;
		}
		for (int i = 0; i < PM_KNOBS; i++)
			if (*knobs->knobs[i].was &&
			    kinds_write(knobs->knobs[i].value, "/%s", knobs->knobs[i].path) < 0)
				*knobs->knobs[i].was = '\0';
		*state = knobs;
		return true;
	}
	if (!knobs)
		return true;
	ok = put_back(knobs, ret_why);
	free(knobs);
	*state = NULL;
	return ok;
}

/* Without it the box would really go to sleep, and nobody would wake it. */
static int begin_suspend(struct race_actor *a)
{
	_cleanup_free_ char *test = NULL;
	int r = box_readf(a->box, &test, "sys/power/pm_test");

	if (r < 0)
		return r;
	return strstr(test, "[processors]") ? 0 : -EPERM;
}

const struct race_kind race_suspend = {
	.name = "suspend",
	.summary = "starts suspends that end at the CPUs (power/pm_test)",
	.need = &pm_need_test,
	.verbs = suspend_verbs,
	.togglers_may = RACE_LEGAL(EBUSY),
	.begin = begin_suspend,
	.check = check_knobs,
};
