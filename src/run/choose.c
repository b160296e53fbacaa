// SPDX-License-Identifier: GPL-2.0-or-later
/* Chooses scenarios and witnesses by globs. Whether their needs are met is the stage's to find out.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "run/internal.h"
#include "stage/act.h"

/* What a smoke test plays: scenarios of this rank or better. */
#define SMOKE_RANK 2

bool run_matches(const char *const *globs, const char *id)
{
	if (!globs)
		return true;
	for (; *globs; globs++)
		if (text_glob(*globs, id))
			return true;
	return false;
}

static bool has_claim(const char *const *globs, const struct claim *const *claims)
{
	if (!globs)
		return true;
	for (; claims && *claims; claims++)
		if (run_matches(globs, (*claims)->id))
			return true;
	return false;
}

/* Each glob must choose something: a misspelt id that chose nothing would look like a pass. */
static int check_globs(const struct run_setup *setup, struct error *err)
{
	for (const char *const *g = setup->scenario_globs; g && *g; g++) {
		bool is_used = false;

		for (const struct scenario *const *s = setup->scenarios; *s; s++)
			is_used |= text_glob(*g, (*s)->id);
		if (!is_used)
			return error_set(err, ENOENT,
					 "no scenario matches \"%s\"; `hotproof list` names them",
					 *g);
	}
	for (const char *const *g = setup->witness_globs; g && *g; g++) {
		bool is_used = false;

		for (const struct witness *const *w = setup->witnesses; *w; w++)
			is_used |= text_glob(*g, (*w)->id);
		if (!is_used)
			return error_set(err, ENOENT,
					 "no witness matches \"%s\"; `hotproof list` names them",
					 *g);
	}
	return 0;
}

static int check_claim_globs(const struct run_setup *setup, struct error *err)
{
	for (const char *const *g = setup->claim_globs; g && *g; g++) {
		const char *const one[] = { *g, NULL };
		bool is_used = has_claim(one, CLAIMS(&act_as_expected, &run_box_restored));

		for (const struct scenario *const *s = setup->scenarios; *s; s++)
			is_used |= has_claim(one, (*s)->claims);
		for (const struct witness *const *w = setup->witnesses; *w; w++)
			is_used |= has_claim(one, (*w)->claims);
		if (!is_used)
			return error_set(err, ENOENT,
					 "no claim matches \"%s\"; `hotproof list` names them", *g);
	}
	return 0;
}

/*
 * A claim glob leaves out the witnesses that make none of those claims. Scenarios stay: every one
 * shows the claims of witnesses; unless only claims that scenarios make themselves are wanted.
 */
static bool is_scenario_wanted(const struct run_setup *setup, const struct scenario *s)
{
	bool is_witnessed = false;

	if (!run_matches(setup->scenario_globs, s->id))
		return false;
	if (setup->scenario_globs)
		return true;
	/* Who asks for a claim that only a deep scenario makes has asked for that scenario. */
	if (s->is_deep && !setup->has_deep && setup->budget_ns == 0 &&
	    !(setup->claim_globs && has_claim(setup->claim_globs, s->claims)))
		return false;
	if (setup->is_smoke && (s->rank == 0 || s->rank > SMOKE_RANK))
		return false;
	if (!setup->claim_globs)
		return true;
	if (has_claim(setup->claim_globs, CLAIMS(&act_as_expected, &run_box_restored)) ||
	    has_claim(setup->claim_globs, s->claims))
		return true;
	for (const struct witness *const *w = setup->witnesses; *w; w++)
		is_witnessed |= has_claim(setup->claim_globs, (*w)->claims);
	return is_witnessed;
}

int run_choose(const struct run_setup *setup, const struct scenario ***ret_scenarios,
	       const struct witness ***ret_witnesses, struct error *err)
{
	const struct scenario **scenarios;
	const struct witness **witnesses;
	size_t n_s = 0, n_w = 0;
	int r = check_globs(setup, err);

	if (r == 0)
		r = check_claim_globs(setup, err);
	if (r < 0)
		return r;
	for (const struct scenario *const *s = setup->scenarios; *s; s++)
		n_s++;
	for (const struct witness *const *w = setup->witnesses; *w; w++)
		n_w++;
	scenarios = calloc(n_s + 1, sizeof(*scenarios));
	witnesses = calloc(n_w + 1, sizeof(*witnesses));
	if (!scenarios || !witnesses) {
		free(scenarios);
		free(witnesses);
		return error_set(err, ENOMEM, "memory is short");
	}
	n_s = n_w = 0;
	for (const struct scenario *const *s = setup->scenarios; *s; s++)
		if (is_scenario_wanted(setup, *s))
			scenarios[n_s++] = *s;
	for (const struct witness *const *w = setup->witnesses; *w; w++)
		if (run_matches(setup->witness_globs, (*w)->id) &&
		    has_claim(setup->claim_globs, (*w)->claims))
			witnesses[n_w++] = *w;
	if (setup->budget_ns > 0)
		run_sort_by_rank(scenarios, n_s);
	*ret_scenarios = scenarios;
	*ret_witnesses = witnesses;
	return 0;
}
