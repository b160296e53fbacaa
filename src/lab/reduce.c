// SPDX-License-Identifier: GPL-2.0-or-later
/* Delta debugging over the three lists of a plan: actors, CPUs, and each actor's operations. Large
 * pieces are dropped first; what went once stays away. */
#include "lab/reduce.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cpulist.h"
#include "base/text.h"

static json_t *actors_of(const json_t *plan)
{
	return json_object_get(plan, "actors");
}

static json_t *ops_of(const json_t *plan, size_t actor)
{
	return json_object_get(json_array_get(actors_of(plan), actor), "ops");
}

size_t reduce_count_actors(const json_t *plan)
{
	return json_array_size(actors_of(plan));
}

size_t reduce_count_ops(const json_t *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < reduce_count_actors(plan); i++)
		n += json_array_size(ops_of(plan, i));
	return n;
}

/* An actor that has nothing left to do but to wait is gone too. */
static void drop_idle(json_t *plan)
{
	for (size_t i = reduce_count_actors(plan); i > 0; i--) {
		bool is_idle = true;
		json_t *op;
		size_t k;

		json_array_foreach(ops_of(plan, i - 1), k, op)
			is_idle &= text_starts(json_string_value(op) ?: "", "wait");
		if (is_idle)
			json_array_remove(actors_of(plan), i - 1);
	}
}

/* Takes `candidate` (a reference) in place of *plan if it fails. 1: it did; 0; -errno. */
static int ask(const struct reduce *r, json_t **plan, json_t *candidate, const char *what)
{
	int fails;

	drop_idle(candidate);
	if (reduce_count_actors(candidate) == 0 ||
	    reduce_count_ops(candidate) >= reduce_count_ops(*plan)) {
		json_decref(candidate);
		return 0;
	}
	if (r->trying)
		r->trying(r->arg, candidate, what);
	fails = r->fails(r->arg, candidate);
	if (fails > 0) {
		json_decref(*plan);
		*plan = candidate;
	} else {
		json_decref(candidate);
	}
	return fails;
}

/* Which list: the actors (-1) or the operations of one of them. */
static json_t *list_of(const json_t *plan, int actor)
{
	return actor < 0 ? actors_of(plan) : ops_of(plan, actor);
}

/* Drops pieces of a list, halves first, then ever smaller ones. */
static int reduce_list(const struct reduce *r, json_t **plan, int actor, const char *what)
{
	size_t piece = (json_array_size(list_of(*plan, actor)) + 1) / 2;
	int changed = 0;

	for (; piece > 0; piece = piece > 1 ? (piece + 1) / 2 : 0) {
		size_t n_actors = reduce_count_actors(*plan);

		for (size_t at = 0; at < json_array_size(list_of(*plan, actor));) {
			json_t *candidate = json_deep_copy(*plan);
			json_t *list = list_of(candidate, actor);
			int fails;

			for (size_t i = 0; i < piece && at < json_array_size(list); i++)
				json_array_remove(list, at);
			fails = ask(r, plan, candidate, what);
			if (fails < 0)
				return fails;
			changed |= fails;
			/* The whole actor went, and another one has its number now. */
			if (actor >= 0 && reduce_count_actors(*plan) != n_actors)
				return changed;
			if (!fails)
				at += piece;
		}
	}
	return changed;
}

static bool has_word(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at && (at == text || at[-1] == ' ') &&
	       (!at[strlen(word)] || at[strlen(word)] == ' ');
}

static void drop_word(json_t *plan, const char *word)
{
	for (size_t a = 0; a < reduce_count_actors(plan); a++)
		for (size_t i = json_array_size(ops_of(plan, a)); i > 0; i--)
			if (has_word(json_string_value(json_array_get(ops_of(plan, a), i - 1))
					     ?: "",
				     word))
				json_array_remove(ops_of(plan, a), i - 1);
}

static int reduce_cpus(const struct reduce *r, json_t **plan)
{
	struct cpulist cpus;
	int changed = 0;

	if (cpulist_parse(json_string_value(json_object_get(*plan, "cpus")) ?: "", &cpus) < 0)
		return -EINVAL;
	cpulist_foreach(cpu, &cpus) {
		_cleanup_free_ char *word = text_printf("cpu%d", cpu);
		struct cpulist rest = cpus;
		json_t *candidate;
		int fails;

		if (!word || cpulist_count(&rest) == 1)
			continue;
		candidate = json_deep_copy(*plan);
		drop_word(candidate, word);
		cpulist_del(&rest, cpu);
		json_object_set_new(candidate, "cpus", json_string(cpulist_str(&rest)));
		fails = ask(r, plan, candidate, word);
		if (fails < 0)
			return fails;
		if (fails)
			cpus = rest;
		changed |= fails;
	}
	return changed;
}

static int reduce_waits(const struct reduce *r, json_t **plan)
{
	json_t *candidate = json_deep_copy(*plan);

	drop_word(candidate, "wait");
	return ask(r, plan, candidate, "all pauses");
}

static int reduce_ops(const struct reduce *r, json_t **plan)
{
	int changed = 0;

	for (size_t a = 0; a < reduce_count_actors(*plan); a++) {
		int one = reduce_list(r, plan, (int)a, "operations");

		if (one < 0)
			return one;
		changed |= one;
	}
	return changed;
}

int reduce_plan(const struct reduce *r, const json_t *plan, json_t **ret_smallest)
{
	json_t *smallest = json_deep_copy(plan);
	int changed = 1, one = 0;

	if (!smallest)
		return -ENOMEM;
	while (changed > 0 && one >= 0) {
		changed = 0;
		one = reduce_list(r, &smallest, -1, "actors");
		changed |= one > 0;
		if (one >= 0)
			one = reduce_waits(r, &smallest);
		changed |= one > 0;
		if (one >= 0)
			one = reduce_cpus(r, &smallest);
		changed |= one > 0;
		if (one >= 0)
			one = reduce_ops(r, &smallest);
		changed |= one > 0;
	}
	*ret_smallest = smallest;
	return one < 0 ? one : 0;
}
