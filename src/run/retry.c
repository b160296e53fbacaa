// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second try of what failed, with the one witness alone: it tells whether a failure needs the
 * company of the others. It gives no verdict, and nothing is repeated that a known defect explains.
 */
#include <string.h>

#include "base/wait.h"
#include "run/internal.h"

#define ALONE_MAX 6 /* more failed witnesses than that are not looked at one by one */

static bool makes(const struct claim *const *claims, const struct claim *claim)
{
	for (; claims && *claims; claims++)
		if (*claims == claim)
			return true;
	return false;
}

size_t run_find_failed(const struct run *run, const struct stage *stage,
		       const struct claim **failed)
{
	const struct claim *const *claims = stage_claims(stage);
	size_t n = 0;

	for (size_t i = 0; claims[i]; i++)
		if (run->shared->unmet[i] > run->shared->explained[i])
			failed[n++] = claims[i];
	return n;
}

/* The failed claims that `witness` makes (NULL: that no witness makes), as a NULL-terminated list
 * of ids; their number. */
static size_t claims_of(const struct run *run, const struct witness *witness,
			const struct claim *const *failed, size_t n_failed, const char **ids)
{
	size_t n = 0;

	for (size_t i = 0; i < n_failed; i++) {
		bool is_its = witness && makes(witness->claims, failed[i]);

		if (!witness) {
			is_its = true;
			for (const struct witness *const *w = run->witnesses; *w; w++)
				is_its = is_its && !makes((*w)->claims, failed[i]);
		}
		if (is_its)
			ids[n++] = failed[i]->id;
	}
	ids[n] = NULL;
	return n;
}

static json_t *alone_record(const struct witness *witness, const char *const *ids)
{
	json_t *claims = json_array();

	for (; *ids; ids++)
		json_array_append_new(claims, json_string(*ids));
	return json_pack("{s:s, s:o}", "witness", witness ? witness->id : "stage", "claims",
			 claims);
}

static int try_alone(struct run *run, const struct scenario *sc, const struct witness *witness,
		     const char *const *ids)
{
	const struct witness *const witnesses[] = { witness, NULL };
	_cleanup_(cleanup_stage) struct stage *stage = NULL;
	struct run_try t = { .scenario = sc, .witnesses = witnesses, .claim_globs = ids };
	int64_t began = wait_now_ns();
	int r;

	t.alone = alone_record(witness, ids);
	run->alone = witness ? witness->id : "stage";
	r = run_try(run, &t, &stage);
	run->alone = NULL;
	run->retries_ns += wait_now_ns() - began;
	json_decref(t.alone);
	return r;
}

static void note_no_retry(struct run *run, const struct scenario *sc, const char *why)
{
	journal_write(run->journal, "note",
		      json_pack("{s:s, s:o, s:{s:s}}", "what", "no-retry", "text",
				json_sprintf("what failed in %s was not tried again alone: %s",
					     sc->id, why),
				"data", "scenario", sc->id));
}

int run_retry(struct run *run, const struct scenario *sc, const struct claim *const *failed,
	      size_t n_failed, int64_t took_ns)
{
	const char *ids[STAGE_CLAIMS_MAX + 1];
	size_t n_witnesses = 0;
	int r = 0;

	for (const struct witness *const *w = run->witnesses; *w; w++)
		n_witnesses += claims_of(run, *w, failed, n_failed, ids) > 0;
	if (n_witnesses > ALONE_MAX) {
		note_no_retry(run, sc, "too many witnesses failed");
		return 0;
	}
	for (const struct witness *const *w = run->witnesses;; w++) {
		if (claims_of(run, *w, failed, n_failed, ids) > 0) {
			if (run->retries_ns + took_ns > run->limits.retries_ns) {
				note_no_retry(run, sc, "the time for second tries is used up");
				return 0;
			}
			r = try_alone(run, sc, *w, ids);
		}
		if (r < 0 || run->stopped || !*w)
			return r;
	}
}
