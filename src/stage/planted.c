// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The witnesses of a scenario: planted once their needs are met, called around each act, uprooted,
 * and what that cost. The scenario itself is played by stage.c.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "stage/expect.h"
#include "stage/internal.h"
#include "stage/needs.h"

static const char *const callback_names[] = {
	[CALLBACK_PLANT] = "plant",
	[CALLBACK_BEFORE] = "before",
	[CALLBACK_AFTER] = "after",
	[CALLBACK_UPROOT] = "uproot",
};

json_t *stage_claim_ids(const struct stage *s, const struct claim *const *claims)
{
	json_t *ids = json_array();

	for (; claims && *claims; claims++)
		if (stage_claim_index(s, *claims) >= 0)
			json_array_append_new(ids, json_string((*claims)->id));
	return ids;
}

/* Needs that are a matter of how the run was started, not of the box. */
static bool is_given(const struct stage *s, const struct need *need)
{
	return (need == &need_prober && s->setup.prober_port > 0) ||
	       (need == &need_lookout && s->setup.has_lookout) ||
	       (need == &need_platform && s->setup.has_platform) ||
	       (need == &need_expendable && s->setup.is_expendable);
}

bool stage_probe_needs(struct stage *s, const char *kind, const char *id,
		       const struct need *const *needs, const struct claim *const *claims)
{
	bool all = true;

	for (; needs && *needs; needs++) {
		_cleanup_free_ char *why = NULL, *subject = text_printf("%s:%s", kind, id);
		int r = 1;

		if (!is_given(s, *needs))
			r = (*needs)->probe(s->setup.box, &why);

		if (r < 0)
			why = text_printf("could not be found out: %s", strerror(-r));
		journal_write(s->setup.journal, "need",
			      json_pack("{s:s, s:s, s:b, s:s, s:o}", "subject",
					subject ? subject : id, "need", (*needs)->id, "met", r > 0,
					"why", why ? why : "", "claims",
					r > 0 ? json_array() : stage_claim_ids(s, claims)));
		if (r <= 0)
			all = false;
	}
	return all;
}

static void callback_begin(struct stage *s, struct planted *p)
{
	s->speaker = p->witness->id;
	p->began = wait_now_ns();
	for (size_t i = 0; i < STAGE_CLAIMS_MAX; i++)
		s->spoke[i] &= ~SPOKE_NOW;
	atomic_store(&s->setup.shared->progress_ns, p->began);
}

/* A witness that could not do its work says so for each claim that it has not spoken of. */
static void callback_end(struct stage *s, struct planted *p, const struct act *act,
			 enum callback callback, int r)
{
	const struct witness *w = p->witness;
	int64_t now = wait_now_ns();

	for (const struct claim *const *c = w->claims; r < 0 && c && *c; c++) {
		int i = stage_claim_index(s, *c);

		if (i >= 0 && !(s->spoke[i] & SPOKE_NOW))
			expect_error(s, act, *c, NULL, "witness \"%s\" failed in %s: %s", w->id,
				     callback_names[callback], strerror(-r));
	}
	s->speaker = "stage";
	p->spent_ns[callback] += now - p->began;
	atomic_store(&s->setup.shared->progress_ns, now);
}

static void plant(struct stage *s, struct planted *p)
{
	const struct witness *w = p->witness;
	int r;

	if (!stage_probe_needs(s, "witness", w->id, w->needs, w->claims))
		return;
	callback_begin(s, p);
	r = w->plant ? w->plant(s, &p->state) : 0;
	p->is_planted = r >= 0;
	journal_write(s->setup.journal, "plant",
		      json_pack("{s:s, s:o, s:b, s:s}", "witness", w->id, "claims",
				stage_claim_ids(s, w->claims), "ok", r >= 0, "why",
				r < 0 ? strerror(-r) : ""));
	callback_end(s, p, NULL, CALLBACK_PLANT, r);
}

void stage_plant_all(struct stage *s, bool only_quick)
{
	for (size_t i = 0; i < s->n_planted; i++)
		if (!s->planted[i].is_tried && (!only_quick || s->planted[i].witness->keeps_pace)) {
			s->planted[i].is_tried = true;
			plant(s, &s->planted[i]);
		}
	s->speaker = "stage";
}

/*
 * Where each act did its work, a witness that never spoke is at fault, and its silence is an error.
 * Where one was in vain, it may have had no occasion.
 */
static void say_untried(struct stage *s, const struct witness *w)
{
	for (const struct claim *const *c = w->claims; s->is_act_in_vain && c && *c; c++) {
		int i = stage_claim_index(s, *c);

		if (i >= 0 && !(s->spoke[i] & SPOKE_EVER))
			expect_unexercised(
				s, NULL, *c, NULL,
				"a CPU did not come or go as it had to, and no other act gave an occasion");
	}
}

static void uproot(struct stage *s, struct planted *p)
{
	const struct witness *w = p->witness;
	int r;

	if (!p->is_planted)
		return;
	callback_begin(s, p);
	r = w->uproot ? w->uproot(s, p->state) : 0;
	if (r >= 0)
		say_untried(s, w);
	callback_end(s, p, NULL, CALLBACK_UPROOT, r);
	p->is_planted = false;
}

void stage_call_before(struct stage *s, const struct act *act)
{
	for (size_t i = 0; i < s->n_planted; i++) {
		struct planted *p = &s->planted[i];

		if (!p->is_planted || !p->witness->before)
			continue;
		callback_begin(s, p);
		callback_end(s, p, act, CALLBACK_BEFORE, p->witness->before(s, p->state, act));
	}
}

void stage_call_after(struct stage *s, const struct act *act)
{
	for (size_t i = 0; i < s->n_planted; i++) {
		struct planted *p = &s->planted[i];

		if (!p->is_planted || !p->witness->after)
			continue;
		callback_begin(s, p);
		callback_end(s, p, act, CALLBACK_AFTER, p->witness->after(s, p->state, act));
	}
}

json_t *stage_witness_ids(const struct stage *s)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < s->n_planted; i++)
		json_array_append_new(ids, json_string(s->planted[i].witness->id));
	return ids;
}

/* So that a slow run says what made it slow. */
static void tell_cost(struct stage *s)
{
	json_t *cost = json_object();

	for (size_t i = 0; i < s->n_planted; i++) {
		const struct planted *p = &s->planted[i];
		json_t *ms = json_array();

		for (size_t c = 0; c < ARRAY_SIZE(p->spent_ns); c++)
			json_array_append_new(ms, json_real((double)p->spent_ns[c] / NS_PER_MS));
		if (p->is_tried)
			json_object_set(cost, p->witness->id, ms);
		json_decref(ms);
	}
	expect_note(s, "witnesses.cost", cost, "what the witnesses cost, in milliseconds");
}

void stage_uproot_all(struct stage *s)
{
	for (size_t i = s->n_planted; i > 0; i--)
		uproot(s, &s->planted[i - 1]);
	tell_cost(s);
}
