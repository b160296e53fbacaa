// SPDX-License-Identifier: GPL-2.0-or-later
/* Plans drawn from a seed, and to and from JSON. */
#include "scenarios/race/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"

#define OPS_MIN 12
#define OPS_MORE 20
#define WAIT_ODDS 4 /* every so manieth operation of a drawn list is a pause */

const struct race_verb *race_plan_verb(const struct race_kind *kind, const char *name)
{
	if (strcmp(name, race_wait.name) == 0)
		return &race_wait;
	for (const struct race_verb *v = kind->verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

bool race_plan_op(struct race_part *part, const struct race_verb *verb, int cpu, int arg)
{
	if (part->n_ops == RACE_OPS_MAX)
		return false;
	part->ops[part->n_ops++] = (struct race_op){ verb, cpu, arg };
	return true;
}

static int pick_cpu(struct prng *prng, const struct cpulist *cpus)
{
	uint64_t n = prng_below(prng, cpulist_count(cpus));
	int cpu = cpulist_next(cpus, 0);

	while (n-- > 0)
		cpu = cpulist_next(cpus, cpu + 1);
	return cpu;
}

static const struct race_verb *pick_verb(struct prng *prng, const struct race_kind *kind)
{
	const struct race_verb *v;
	uint64_t sum = 0, n;

	for (v = kind->verbs; v->name; v++)
		sum += v->weight;
	n = prng_below(prng, sum);
	for (v = kind->verbs; v->name && n >= (uint64_t)v->weight; v++)
		n -= v->weight;
	return v;
}

static void make_drawn(struct race_part *part, struct prng *prng, const struct cpulist *cpus)
{
	size_t n = OPS_MIN + prng_below(prng, OPS_MORE);

	for (size_t i = 0; i < n; i++) {
		const struct race_verb *v = &race_wait;

		if (prng_below(prng, WAIT_ODDS) != 0)
			v = pick_verb(prng, part->kind);
		race_plan_op(part, v, v->has_cpu ? pick_cpu(prng, cpus) : -1,
			     v->args ? (int)prng_below(prng, v->args) : -1);
	}
}

int race_plan_add(struct race_plan *plan, const struct race_kind *kind)
{
	struct race_part *part = &plan->parts[plan->n_parts];
	struct prng prng;
	char stream[64];
	int number = 1;

	if (plan->n_parts == RACE_ACTORS_MAX)
		return -ENOSPC;
	for (size_t i = 0; i < plan->n_parts; i++)
		number += plan->parts[i].kind == kind;
	*part = (struct race_part){ .kind = kind };
	snprintf(part->name, sizeof(part->name), "%.11s-%d", kind->name, number);
	snprintf(stream, sizeof(stream), "%s/%s", plan->scenario, part->name);
	prng_seed(&prng, plan->seed, stream);
	(kind->make ? kind->make : make_drawn)(part, &prng, &plan->cpus);
	plan->n_parts++;
	return 0;
}

const char *race_plan_op_text(const struct race_op *op, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s", op->verb->name);

	if (op->cpu >= 0 && n >= 0 && (size_t)n < size)
		n += snprintf(buf + n, size - n, " cpu%d", op->cpu);
	if (op->arg >= 0 && n >= 0 && (size_t)n < size)
		snprintf(buf + n, size - n, " %d", op->arg);
	return buf;
}

static json_t *part_json(const struct race_part *part)
{
	json_t *ops = json_array();
	char text[64];

	for (size_t i = 0; i < part->n_ops; i++)
		json_array_append_new(
			ops, json_string(race_plan_op_text(&part->ops[i], text, sizeof(text))));
	return json_pack("{s:s, s:s, s:o}", "name", part->name, "kind", part->kind->name, "ops",
			 ops);
}

json_t *race_plan_json(const struct race_plan *plan)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < plan->n_parts; i++)
		json_array_append_new(parts, part_json(&plan->parts[i]));
	/* As text: JSON's numbers end at 2^53 for many readers. */
	return json_pack("{s:i, s:s, s:o, s:I, s:s, s:o}", "format", RACE_PLAN_FORMAT, "scenario",
			 plan->scenario, "seed",
			 json_sprintf("%llu", (unsigned long long)plan->seed), "time_ms",
			 (json_int_t)(plan->time_ns / NS_PER_MS), "cpus", cpulist_str(&plan->cpus),
			 "actors", parts);
}

static const char *string_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int parse_op(struct race_part *part, const char *text, struct error *err)
{
	_cleanup_free_ char *copy = strdup(text);
	struct race_op op = { .cpu = -1, .arg = -1 };
	char *cursor = copy, *word = copy ? text_next_word(&cursor) : NULL;

	op.verb = word ? race_plan_verb(part->kind, word) : NULL;
	if (!op.verb)
		return error_set(err, EINVAL, "actor \"%s\" cannot do \"%s\": no operation of %s",
				 part->name, text, part->kind->name);
	while ((word = text_next_word(&cursor))) {
		bool is_cpu = text_starts(word, "cpu");
		int *to = is_cpu ? &op.cpu : &op.arg;

		if (text_to_int(is_cpu ? word + 3 : word, to) < 0 || *to < 0 ||
		    (is_cpu && *to >= CPULIST_MAX))
			return error_set(err, EINVAL, "actor \"%s\": \"%s\" in \"%s\" is no number",
					 part->name, word, text);
	}
	if ((op.cpu >= 0) != op.verb->has_cpu || (op.arg >= 0) != (op.verb->args > 0) ||
	    (op.verb->args && op.arg >= op.verb->args))
		return error_set(err, EINVAL, "actor \"%s\": \"%s\" wants %s CPU and %s number%s",
				 part->name, text, op.verb->has_cpu ? "a" : "no",
				 op.verb->args ? "a" : "no",
				 op.verb->args ? " below its limit" : "");
	if (!race_plan_op(part, op.verb, op.cpu, op.arg))
		return error_set(err, EINVAL, "actor \"%s\" has more than %d operations",
				 part->name, RACE_OPS_MAX);
	return 0;
}

static int parse_part(const json_t *doc, struct race_part *part, struct error *err)
{
	const char *name = string_of(doc, "name"), *kind = string_of(doc, "kind");
	const json_t *ops = json_object_get(doc, "ops"), *op;
	size_t i;

	if (!*name || strlen(name) >= sizeof(part->name))
		return error_set(err, EINVAL, "an actor has no name, or one of over %zu characters",
				 sizeof(part->name) - 1);
	strcpy(part->name, name);
	for (const struct race_kind *const *k = race_kinds; *k; k++)
		if (strcmp((*k)->name, kind) == 0)
			part->kind = *k;
	if (!part->kind)
		return error_set(err, EINVAL, "actor \"%s\" is of a kind that is not known: \"%s\"",
				 name, kind);
	if (json_array_size(ops) == 0)
		return error_set(err, EINVAL, "actor \"%s\" has no \"ops\"", name);
	json_array_foreach((json_t *)ops, i, op) {
		const char *text = json_string_value(op);
		int r = text ? parse_op(part, text, err)
			     : error_set(err, EINVAL, "actor \"%s\": an operation is no text",
					 name);

		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_head(const json_t *doc, struct race_plan *plan, struct error *err)
{
	const char *scenario = string_of(doc, "scenario"), *cpus = string_of(doc, "cpus");
	json_int_t ms = json_integer_value(json_object_get(doc, "time_ms"));

	if (json_integer_value(json_object_get(doc, "format")) != RACE_PLAN_FORMAT)
		return error_set(err, EINVAL, "the plan is not of format %d", RACE_PLAN_FORMAT);
	if (!*scenario || strlen(scenario) >= sizeof(plan->scenario))
		return error_set(err, EINVAL, "the plan names no \"scenario\"");
	strcpy(plan->scenario, scenario);
	if (ms < 1 || ms > 24 * 3600 * 1000)
		return error_set(err, EINVAL, "\"time_ms\" is not between 1 and a day");
	plan->time_ns = ms * NS_PER_MS;
	plan->seed = strtoull(string_of(doc, "seed"), NULL, 10);
	if (cpulist_parse(cpus, &plan->cpus) < 0 || cpulist_count(&plan->cpus) == 0)
		return error_set(err, EINVAL, "\"cpus\" is no list of CPUs: \"%s\"", cpus);
	return 0;
}

int race_plan_parse(const json_t *doc, struct race_plan *ret, struct error *err)
{
	const json_t *actors = json_object_get(doc, "actors"), *actor;
	_cleanup_free_ struct race_plan *plan = calloc(1, sizeof(*plan));
	size_t i;
	int r = plan ? parse_head(doc, plan, err) : -ENOMEM;

	if (r == 0 && (json_array_size(actors) == 0 || json_array_size(actors) > RACE_ACTORS_MAX))
		return error_set(err, EINVAL, "the plan has no \"actors\", or more than %d",
				 RACE_ACTORS_MAX);
	if (r < 0)
		return r;
	json_array_foreach((json_t *)actors, i, actor) {
		struct race_part *part = &plan->parts[plan->n_parts];

		r = parse_part(actor, part, err);
		for (size_t n = 0; r == 0 && n < part->n_ops; n++)
			if (part->ops[n].cpu >= 0 && !cpulist_has(&plan->cpus, part->ops[n].cpu))
				r = error_set(err, EINVAL, "cpu%d is not among the plan's \"cpus\"",
					      part->ops[n].cpu);
		if (r < 0)
			return r;
		plan->n_parts++;
	}
	*ret = *plan;
	return 0;
}

const json_t *race_plan_find(const json_t *given, const char *scenario)
{
	const json_t *one;
	size_t i;

	if (json_is_object(given))
		return strcmp(string_of(given, "scenario"), scenario) == 0 ? given : NULL;
	json_array_foreach((json_t *)given, i, one)
		if (strcmp(string_of(one, "scenario"), scenario) == 0)
			return one;
	return NULL;
}
