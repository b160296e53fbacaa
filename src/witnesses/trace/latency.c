// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adds up the time of an act by state: instances of one state together, a wrapper without the steps
 * inside of it. Acts that were not done are left out: their way back would look like a cost.
 */
#include "witnesses/trace/latency.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wait.h"
#include "stage/expect.h"

/* The state's name: what follows " 235: " on its line; "" when there is none. */
static void name_of(const char *states, int number, char *buf, size_t size)
{
	const char *line = states;

	*buf = '\0';
	while (line && *line) {
		char *end;
		long n = strtol(line, &end, 10);

		if (end != line && *end == ':' && n == number) {
			end += 1 + strspn(end + 1, " ");
			snprintf(buf, size, "%.*s", (int)strcspn(end, "\n"), end);
			return;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

/* True the first time. */
static bool is_new(struct latency *l, const char *way, int number)
{
	char key[32];

	if (!l->named)
		l->named = json_object();
	snprintf(key, sizeof(key), "%s %d", way, number);
	if (json_object_get(l->named, key))
		return false;
	return json_object_set_new(l->named, key, json_true()) == 0;
}

static void add_time(json_t *list, const struct step *step)
{
	json_int_t us = step->self_ns / NS_PER_US;
	json_t *pair;
	size_t i;

	json_array_foreach(list, i, pair)
		if (json_integer_value(json_array_get(pair, 0)) == step->number) {
			json_array_set_new(
				pair, 1,
				json_integer(json_integer_value(json_array_get(pair, 1)) + us));
			return;
		}
	json_array_append_new(list, json_pack("[i, I]", step->number, us));
}

void latency_take(struct latency *l, struct stage *s, const struct act *act,
		  const struct steps *steps, const char *states)
{
	int w = act->verb == ACT_OFFLINE ? LATENCY_DOWN : LATENCY_UP;
	const char *way = w == LATENCY_DOWN ? "down" : "up";
	json_t *list, *names;

	if (!act->is_done || steps->is_lost)
		return;
	list = json_array();
	names = json_object();
	for (size_t i = 0; i < steps->n; i++) {
		const struct step *step = &steps->list[i];
		char number[16], name[64];

		if (!step->has_ended || step->way == STEP_OTHER)
			continue;
		add_time(list, step);
		if (!is_new(l, way, step->number))
			continue;
		name_of(states, step->number, name, sizeof(name));
		snprintf(number, sizeof(number), "%d", step->number);
		json_object_set_new(names, number, json_pack("[s, s]", name, step->callback));
	}
	if (!l->names[w])
		l->names[w] = json_object();
	json_object_update(l->names[w], names);
	/* What memory was short for is missing in a comparison, and no more. */
	if (stage_baseline(s) &&
	    latency_add(&l->table.way[w], l->names[w], list, act->began_ns, act->ended_ns) < 0)
		errno = 0;
	if (json_object_size(names) > 0)
		observe(s, act, "trace.names", json_pack("{s:s, s:O}", "way", way, "names", names));
	json_decref(names);
	observe(s, act, "trace.steps",
		json_pack("{s:i, s:s, s:o}", "cpu", act->cpu, "way", way, "steps", list));
}

void latency_clear(struct latency *l)
{
	json_decref(l->named);
	l->named = NULL;
	for (int w = 0; w < LATENCY_WAYS; w++) {
		json_decref(l->names[w]);
		l->names[w] = NULL;
	}
	latency_table_clear(&l->table);
}
