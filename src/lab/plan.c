// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets against sets: needs, machines, scenarios, witnesses and claims. */
#include "lab/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *const plan_common[] = { "box.root",
				    "box.real",
				    "box.expendable",
				    "box.lookout",
				    "box.hotpluggable-cpu",
				    "box.hotplug-fail",
				    "box.cpuset",
				    "box.cpuset-groups",
				    "box.cpu-groups",
				    "box.groups",
				    "box.tracefs",
				    "box.trace-instances",
				    "box.function-tracer",
				    "box.io-uring",
				    "box.io-uring-setup",
				    "box.network-namespaces",
				    "box.perf-events",
				    "box.clocksource",
				    "box.membarrier",
				    "box.stat-refresh",
				    "box.loop-devices",
				    "box.deadline",
				    "box.cpuset-partitions",
				    "box.cpu-max",
				    "tool.top",
				    "tool.mpstat",
				    "tool.sar",
				    NULL };

bool plan_provides(const struct machine *m, const char *need)
{
	/* A machine has these by its devices. */
	if (strcmp(need, "box.prober") == 0)
		return m->nic != NULL;
	if (strcmp(need, "box.platform") == 0)
		return m->max_cpus > m->cpus;
	if (strcmp(need, "box.disk-queue-per-cpu") == 0)
		return m->disk != NULL;
	for (size_t i = 0; plan_common[i]; i++)
		if (strcmp(plan_common[i], need) == 0)
			return true;
	for (size_t i = 0; m->provides && m->provides[i]; i++)
		if (strcmp(m->provides[i], need) == 0)
			return true;
	return false;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

const char *plan_unmet(const json_t *declared, const struct machine *m)
{
	json_t *need;
	size_t i;

	json_array_foreach(json_object_get(declared, "needs"), i, need)
		if (!plan_provides(m, json_string_value(need)))
			return json_string_value(need);
	return NULL;
}

static bool has_word(const json_t *list, const char *word)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (strcmp(json_string_value(one), word) == 0)
			return true;
	return false;
}

static const json_t *find(const json_t *list, const char *id)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (strcmp(text(one, "id"), id) == 0)
			return one;
	return NULL;
}

/*
 * "witness:task": the witness must watch the scenario and have its own needs. "scenario:X" has
 * already its own list. The stage's and the run's claims are tried wherever anything is.
 */
static const json_t *watcher_of(const json_t *catalog, const json_t *scenario, const char *claim,
				bool *ret_is_looked_at)
{
	const json_t *declared = find(json_object_get(catalog, "claims"), claim);
	const json_t *watched_by = json_object_get(scenario, "watched_by");
	const char *by = text(declared, "by");

	*ret_is_looked_at = true;
	if (text_starts(by, "scenario:"))
		*ret_is_looked_at = has_word(json_object_get(scenario, "claims"), claim);
	if (!text_starts(by, "witness:"))
		return NULL;
	by += strlen("witness:");
	*ret_is_looked_at = !json_is_array(watched_by) || has_word(watched_by, by);
	return find(json_object_get(catalog, "witnesses"), by);
}

/* NULL: it can be tried; "": this scenario is not where the claim is looked at. */
static const char *first_unmet(const json_t *catalog, const json_t *scenario, const char *claim,
			       const struct machine *m)
{
	bool is_looked_at;
	const json_t *witness = watcher_of(catalog, scenario, claim, &is_looked_at);
	const char *need;

	if (!is_looked_at)
		return "";
	need = plan_unmet(scenario, m);
	return need ? need : witness ? plan_unmet(witness, m) : NULL;
}

bool plan_tries(const json_t *catalog, const json_t *scenario, const char *claim,
		const struct machine *m)
{
	return !first_unmet(catalog, scenario, claim, m);
}

static json_t *machine_entry(const json_t *catalog, const struct machine *m)
{
	json_t *needs = json_object(), *scenarios = json_object(), *one;
	size_t i;

	json_array_foreach(json_object_get(catalog, "needs"), i, one)
		json_object_set_new(needs, text(one, "id"),
				    json_boolean(plan_provides(m, text(one, "id"))));
	json_array_foreach(json_object_get(catalog, "scenarios"), i, one) {
		const char *need = plan_unmet(one, m);

		json_object_set_new(scenarios, text(one, "id"),
				    need ? json_string(need) : json_null());
	}
	return json_pack("{s:s, s:s, s:o, s:o}", "arch", m->arch, "kernel", m->kernel, "needs",
			 needs, "scenarios", scenarios);
}

/* The machines that try it; *ret_need: the first need that was seen unmet. */
static json_t *tried_on(const json_t *catalog, const char *claim,
			const struct machine *const *machines, const char **ret_need)
{
	json_t *list = json_array(), *scenario;
	size_t i;

	for (; *machines; machines++)
		json_array_foreach(json_object_get(catalog, "scenarios"), i, scenario) {
			const char *need = first_unmet(catalog, scenario, claim, *machines);

			if (need && *need && !*ret_need)
				*ret_need = need;
			if (need)
				continue;
			json_array_append_new(list, json_string((*machines)->name));
			break;
		}
	return list;
}

int plan_make(const json_t *catalog, const struct machine *const *machines, json_t **ret)
{
	json_t *per_machine = json_object(), *untried = json_object(), *claims = json_object();
	json_t *one;
	size_t i;

	for (size_t k = 0; machines[k]; k++)
		json_object_set_new(per_machine, machines[k]->name,
				    machine_entry(catalog, machines[k]));
	json_array_foreach(json_object_get(catalog, "claims"), i, one) {
		const char *claim = text(one, "id"), *need = NULL;
		json_t *list = tried_on(catalog, claim, machines, &need);

		if (json_array_size(list) == 0)
			json_object_set_new(untried, claim,
					    json_string(need ? need : "no-scenario"));
		json_object_set_new(claims, claim, list);
	}
	*ret = json_pack("{s:o, s:o, s:o}", "machines", per_machine, "untried", untried, "claims",
			 claims);
	return *ret ? 0 : -ENOMEM;
}

/* Lines of the file as {claim: need}. */
static json_t *parse_expected(const char *text_)
{
	_cleanup_free_ char *copy = strdup(text_);
	json_t *doc = json_object();
	char *cursor = copy, *line;

	while (copy && (line = text_next_line(&cursor))) {
		char *claim = text_next_word(&line), *need = claim ? text_next_word(&line) : NULL;

		if (claim && need && *claim != '#')
			json_object_set_new(doc, claim, json_string(need));
	}
	return doc;
}

/* What is in `a` and not the same in `b`. */
static char *difference(json_t *a, const json_t *b)
{
	const char *claim;
	char *out = NULL;
	json_t *need;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (!f)
		return NULL;
	json_object_foreach(a, claim, need)
		if (!json_equal(need, json_object_get(b, claim)))
			fprintf(f, "%s %s\n", claim, json_string_value(need));
	fclose(f);
	return out;
}

int plan_compare(const json_t *plan, const char *expected, char **ret_grown, char **ret_gone)
{
	json_t *want = parse_expected(expected), *have = json_object_get(plan, "untried");
	char *grown = difference(have, want), *gone = difference(want, have);

	json_decref(want);
	if (!grown || !gone) {
		free(grown);
		free(gone);
		return -ENOMEM;
	}
	*ret_grown = grown;
	*ret_gone = gone;
	return 0;
}
