// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A busy or slow box is slow in all states alike. So the typical slowdown of all states is taken
 * off first, and what is judged is a state that stands out against the others of its own run.
 */
#include "witnesses/trace/before.h"

#include <stdlib.h>
#include <string.h>

/* Less than this in earlier runs, and the same once more could not tell luck from a change. */
#define RUNS_MIN 5
#define BEFORE_MIN 20 /* acts of that direction in the earlier runs */
#define NOW_MIN 3     /* acts in this scenario */
#define STATES_MIN 3  /* that can be compared, for a typical slowdown */
#define FLOOR_US 100  /* a shorter median is rounding and luck */
#define TIMES 4       /* as long as 95 % of earlier acts, which no healthy run came near */
#define MORE_US 30000 /* and by so much in any case */

const struct claim latency_like_before = {
	.id = "latency.like-before",
	.summary = "No state takes several times as long as in earlier runs of this box",
	.explain =
		"Judged only where earlier runs of the same box were given (`--baseline DIR`, at least five). For each direction and state the median "
		"of this scenario is held against the time within which 95 % of the earlier acts were done with it. What all states have become slower by is "
		"taken off first: that is the box's load, not hotplug. A state fails that takes four times as long then, and 30 ms more. "
		"`hotproof report --baseline DIR` shows all of them.",
	.refs = REFS("Documentation/core-api/cpu_hotplug.rst"),
	.faults = FAULTS("unit:state-four-times-slower"),
};

struct pair {
	const struct latency_state *now;
	int64_t median, was_median, was_p95;
	double ratio;
};

static int compare(const void *a, const void *b)
{
	double x = ((const struct pair *)a)->ratio, y = ((const struct pair *)b)->ratio;

	return (x > y) - (x < y);
}

static const json_t *find(const json_t *states, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)states, i, one) {
		const char *its = json_string_value(json_object_get(one, "name"));

		if (its && strcmp(its, name) == 0)
			return one;
	}
	return NULL;
}

/* Those that are there on both sides and long enough; by rising ratio. */
static size_t pair_up(const struct latency_way *way, const json_t *states, struct pair *pairs)
{
	size_t n = 0;

	for (size_t i = 0; i < way->n_states; i++) {
		const struct latency_state *s = &way->states[i];
		const json_t *was = find(states, s->name);
		struct pair p = {
			.now = s,
			.median = latency_at(s, 0.5),
			.was_median = json_integer_value(json_object_get(was, "p50")),
			.was_p95 = json_integer_value(json_object_get(was, "p95")),
		};

		if (!was || s->n < NOW_MIN || p.was_median < FLOOR_US ||
		    json_integer_value(json_object_get(was, "n")) < BEFORE_MIN)
			continue;
		p.ratio = (double)p.median / (double)p.was_median;
		pairs[n++] = p;
	}
	if (n > 1)
		qsort(pairs, n, sizeof(*pairs), compare);
	return n;
}

static bool is_slow(const struct pair *p, double typical)
{
	double allowed = (double)p->was_p95 * (typical > 1 ? typical : 1);

	return (double)p->median > TIMES * allowed && (double)p->median - allowed > MORE_US;
}

static json_t *describe(const struct pair *p, size_t n, double typical)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:i}", "state", p->now->name, "callback",
			 p->now->callback, "median_us", (json_int_t)p->median, "was_median_us",
			 (json_int_t)p->was_median, "was_p95_us", (json_int_t)p->was_p95, "typical",
			 typical, "compared", (int)n);
}

/* True when something could be compared. */
static bool judge_way(const struct latency_way *way, const json_t *was, const char *name,
		      struct findings *ret)
{
	struct pair *pairs = calloc(way->n_states + 1, sizeof(*pairs)), *worst;
	size_t n = pairs ? pair_up(way, json_object_get(was, "states"), pairs) : 0;
	double typical = n ? pairs[n / 2].ratio : 1;

	if (n < STATES_MIN) {
		free(pairs);
		return false;
	}
	worst = &pairs[n - 1];
	for (size_t i = 0; i < n; i++)
		if (is_slow(&pairs[i], typical))
			worst = &pairs[i];
	if (is_slow(worst, typical))
		finding_add(
			ret, &latency_like_before, FINDING_UNMET, describe(worst, n, typical),
			"%s: %s takes %.1f ms, where 95 %% of earlier acts had it done in %.1f ms; all %zu states take %.1f times as long as before",
			name, worst->now->name, (double)worst->median / 1000,
			(double)worst->was_p95 / 1000, n, typical);
	else
		finding_add(
			ret, &latency_like_before, FINDING_MET, describe(worst, n, typical),
			"%s: %zu states take %.1f times as long as before, none of them stands out (%s: %.1f times)",
			name, n, typical, worst->now->name, worst->ratio);
	free(pairs);
	return true;
}

void before_judge(const struct latency_table *now, const json_t *baseline, struct findings *ret)
{
	static const char *const ways[LATENCY_WAYS] = { "offline", "online" };
	json_int_t runs = json_integer_value(json_object_get(baseline, "runs"));
	const json_t *was = json_object_get(baseline, "latency");
	bool is_compared = false;

	if (runs < RUNS_MIN) {
		if (baseline)
			finding_add(ret, &latency_like_before, FINDING_UNEXERCISED, NULL,
				    "%lld earlier runs were given, and %d are needed",
				    (long long)runs, RUNS_MIN);
		else
			finding_add(ret, &latency_like_before, FINDING_UNEXERCISED, NULL,
				    "no earlier runs of this box were given (--baseline)");
		return;
	}
	for (int w = 0; w < LATENCY_WAYS; w++)
		is_compared |= judge_way(&now->way[w], json_object_get(was, ways[w]), ways[w], ret);
	if (!is_compared)
		finding_add(ret, &latency_like_before, FINDING_UNEXERCISED, NULL,
			    "too few acts or states could be compared with the %lld earlier runs",
			    (long long)runs);
}
