// SPDX-License-Identifier: GPL-2.0-or-later
/* Gathers what witnesses and scenarios declare. Declares nothing itself. */
#include "cmd/catalog.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "evidence/known.h"
#include "run/run.h"
#include "scenarios/scenarios.h"
#include "stage/act.h"
#include "witnesses/witnesses.h"

#define CLAIMS_MAX 256

const struct witness *catalog_witness(size_t i)
{
	return witnesses_all[i];
}

const struct scenario *catalog_scenario(size_t i)
{
	return scenarios_all[i];
}

struct found {
	const struct claim *claim;
	const char *kind, *id;
};

static void add_claims(struct found *all, size_t *n, const struct claim *const *claims,
		       const char *kind, const char *id)
{
	for (; claims && *claims && *n < CLAIMS_MAX; claims++) {
		bool is_known = false;

		for (size_t i = 0; i < *n; i++)
			is_known |= all[i].claim == *claims;
		if (!is_known)
			all[(*n)++] = (struct found){ *claims, kind, id };
	}
}

static size_t find_claims(struct found *all)
{
	size_t n = 0;

	add_claims(all, &n, CLAIMS(&act_as_expected), "stage", NULL);
	add_claims(all, &n, CLAIMS(&run_box_restored), "run", NULL);
	for (const struct scenario *const *s = scenarios_all; *s; s++)
		add_claims(all, &n, (*s)->claims, "scenario", (*s)->id);
	for (const struct witness *const *w = witnesses_all; *w; w++)
		add_claims(all, &n, (*w)->claims, "witness", (*w)->id);
	return n;
}

const struct claim *catalog_claim(size_t i, const char **ret_by)
{
	static char by[96];
	struct found all[CLAIMS_MAX];
	size_t n = find_claims(all);

	if (i >= n)
		return NULL;
	if (ret_by) {
		snprintf(by, sizeof(by), "%s%s%s", all[i].kind, all[i].id ? ":" : "",
			 all[i].id ? all[i].id : "");
		*ret_by = by;
	}
	return all[i].claim;
}

static void add_needs(const struct need **all, size_t *n, const struct need *const *needs)
{
	for (; needs && *needs && *n < CLAIMS_MAX; needs++) {
		bool is_known = false;

		for (size_t i = 0; i < *n; i++)
			is_known |= all[i] == *needs;
		if (!is_known)
			all[(*n)++] = *needs;
	}
}

const struct need *catalog_need(size_t i)
{
	const struct need *all[CLAIMS_MAX];
	size_t n = 0;

	for (const struct scenario *const *s = scenarios_all; *s; s++)
		add_needs(all, &n, (*s)->needs);
	for (const struct witness *const *w = witnesses_all; *w; w++)
		add_needs(all, &n, (*w)->needs);
	return i < n ? all[i] : NULL;
}

static json_t *strings(const char *const *s)
{
	json_t *all = json_array();

	for (; s && *s; s++)
		json_array_append_new(all, json_string(*s));
	return all;
}

static json_t *claim_ids(const struct claim *const *claims)
{
	json_t *all = json_array();

	for (; claims && *claims; claims++)
		json_array_append_new(all, json_string((*claims)->id));
	return all;
}

static json_t *need_ids(const struct need *const *needs)
{
	json_t *all = json_array();

	for (; needs && *needs; needs++)
		json_array_append_new(all, json_string((*needs)->id));
	return all;
}

static json_t *claims_json(void)
{
	json_t *all = json_array();
	const struct claim *c;
	const char *by;

	for (size_t i = 0; (c = catalog_claim(i, &by)); i++)
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "id", c->id, "by",
						by, "summary", c->summary, "explain",
						c->explain ? c->explain : "", "refs",
						strings(c->refs), "faults", strings(c->faults)));
	return all;
}

json_t *catalog_json(void)
{
	json_t *witnesses = json_array(), *scenarios = json_array(), *needs = json_array();
	const struct witness *w;
	const struct scenario *s;
	const struct need *n;

	for (size_t i = 0; (w = catalog_witness(i)); i++)
		json_array_append_new(witnesses,
				      json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", w->id, "summary",
						w->summary, "explain", w->explain ? w->explain : "",
						"claims", claim_ids(w->claims), "needs",
						need_ids(w->needs)));
	for (size_t i = 0; (s = catalog_scenario(i)); i++)
		json_array_append_new(
			scenarios,
			json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "id", s->id, "summary",
				  s->summary, "explain", s->explain ? s->explain : "", "claims",
				  claim_ids(s->claims), "needs", need_ids(s->needs), "deep",
				  (int)s->is_deep, "watched_by",
				  s->witnesses ? strings(s->witnesses) : json_null()));
	for (size_t i = 0; (n = catalog_need(i)); i++)
		json_array_append_new(needs,
				      json_pack("{s:s, s:s}", "id", n->id, "summary", n->summary));
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o}", "format", 1, "version",
			 HOTPROOF_VERSION, "claims", claims_json(), "witnesses", witnesses,
			 "scenarios", scenarios, "needs", needs, "known", known_defects());
}
