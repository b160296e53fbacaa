// SPDX-License-Identifier: GPL-2.0-or-later
/* What comes before a race: its plan, drawn from the seed or given, cut to what is here, and made
 * safe outside. Nothing is started. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "scenarios/race/engine.h"
#include "stage/expect.h"

#define TIME_NS (4 * NS_PER_S)

int race_draw_plan(struct stage *s, const struct race_recipe *recipe, struct race_plan *plan)
{
	struct prng prng;
	int n, r;

	snprintf(plan->scenario, sizeof(plan->scenario), "%s", recipe->scenario);
	plan->seed = stage_seed(s);
	plan->time_ns = stage_time_ns(s) > 0 ? stage_time_ns(s) : TIME_NS;
	r = stage_can_leave(s, &plan->cpus);
	if (r < 0)
		return r;
	/* Where every CPU can leave, the first stays: refusing the last one is another scenario. */
	if (cpulist_equal(&plan->cpus, stage_online(s)))
		cpulist_del(&plan->cpus, cpulist_next(&plan->cpus, 0));
	if (cpulist_count(&plan->cpus) == 0)
		return -ENODEV;
	prng_seed(&prng, plan->seed, plan->scenario);
	n = recipe->togglers_min +
	    (int)prng_below(&prng, recipe->togglers_max - recipe->togglers_min + 1);
	while (r == 0 && n-- > 0)
		r = race_plan_add(plan, &race_toggle);
	for (int i = 0; recipe->partners[i].kind; i++)
		for (n = recipe->partners[i].n; r == 0 && n > 0; n--)
			r = race_plan_add(plan, recipe->partners[i].kind);
	return r;
}

int race_take_plan(struct stage *s, const json_t *given, struct race_plan *plan)
{
	struct cpulist can;
	struct error err = {};
	int r = race_plan_parse(given, plan, &err);

	if (r == 0)
		r = stage_can_leave(s, &can);
	if (r == 0 && !cpulist_is_subset(&plan->cpus, &can))
		r = error_set(&err, EINVAL, "it takes off CPU %s, and only %s can leave here",
			      cpulist_str(&plan->cpus), cpulist_str(&can));
	if (r < 0)
		expect_note(s, "race.bad-plan", NULL, "the plan cannot be repeated: %s",
			    err.code ? err.text : strerror(-r));
	return r;
}

/* What is not here is named and left out; the others race on. */
void race_drop_absent(struct stage *s, struct race_plan *plan)
{
	for (size_t i = 0; i < plan->n_parts;) {
		const struct race_kind *kind = plan->parts[i].kind;
		_cleanup_free_ char *why = NULL;

		if (!kind->need || kind->need->probe(stage_box(s), &why) > 0) {
			i++;
			continue;
		}
		expect_note(s, "race.absent",
			    json_pack("{s:s, s:s, s:s}", "actor", plan->parts[i].name, "kind",
				      kind->name, "need", kind->need->id),
			    "%s does not race: %s", plan->parts[i].name,
			    why ? why : kind->need->summary);
		plan->n_parts--;
		memmove(&plan->parts[i], &plan->parts[i + 1],
			(plan->n_parts - i) * sizeof(plan->parts[0]));
	}
}

/* Into the run directory, and into the journal, which is safe outside when this returns. */
int race_record_plan(struct stage *s, const struct race_plan *plan)
{
	json_t *doc = race_plan_json(plan);
	_cleanup_free_ char *text = doc ? json_dumps(doc, JSON_COMPACT | JSON_PRESERVE_ORDER)
					: NULL;
	json_t *line;
	long seq;
	int r;

	if (!text)
		return -ENOMEM;
	r = stage_keep(s, RUNDIR_PLAN, text);
	line = json_pack("{s:s, s:o, s:o}", "what", "race.plan", "text",
			 json_sprintf("%zu actors race over CPU %s for %lld ms, seed %llu",
				      plan->n_parts, cpulist_str(&plan->cpus),
				      (long long)(plan->time_ns / NS_PER_MS),
				      (unsigned long long)plan->seed),
			 "data", doc);
	seq = journal_write_sync(stage_journal(s), "note", line);
	return seq < 0 ? (int)seq : r;
}
