// SPDX-License-Identifier: GPL-2.0-or-later
/* Collects the times of a run's acts by direction and state. */
#include "evidence/latency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define US 1000 /* ns */

static int add_sample(struct latency_state *s, int64_t us)
{
	/* Doubles: at 0, 1, 2, 4, 8 ... */
	if ((s->n & (s->n - 1)) == 0) {
		int64_t *more = reallocarray(s->us, s->n ? 2 * s->n : 1, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->us = more;
	}
	s->us[s->n++] = us;
	s->sum += us;
	return 0;
}

static struct latency_state *find(struct latency_way *way, const char *name)
{
	for (size_t i = 0; i < way->n_states; i++)
		if (strcmp(way->states[i].name, name) == 0)
			return &way->states[i];
	return NULL;
}

const struct latency_state *latency_find(const struct latency_way *way, const char *name)
{
	return find((struct latency_way *)way, name);
}

static struct latency_state *get(struct latency_way *way, int number, const char *name,
				 const char *callback)
{
	struct latency_state *s = find(way, name), *more;
	char *own_name, *own_callback;

	if (s)
		return s;
	more = reallocarray(way->states, way->n_states + 1, sizeof(*more));
	if (!more)
		return NULL;
	way->states = more;
	own_name = strdup(name);
	own_callback = strdup(callback);
	if (!own_name || !own_callback) {
		free(own_name);
		free(own_callback);
		return NULL;
	}
	s = &way->states[way->n_states++];
	*s = (struct latency_state){ .number = number, .name = own_name, .callback = own_callback };
	return s;
}

/* One act: its steps, what it took as a whole, and the difference. */
int latency_add(struct latency_way *way, const json_t *names, const json_t *steps, int64_t began_ns,
		int64_t ended_ns)
{
	int64_t whole = (ended_ns - began_ns) / US, known = 0;
	json_t *pair;
	size_t i;
	int r;

	json_array_foreach((json_t *)steps, i, pair) {
		int number = (int)json_integer_value(json_array_get(pair, 0));
		int64_t us = json_integer_value(json_array_get(pair, 1));
		struct latency_state *s;
		const json_t *name;
		char key[16], other[32];

		snprintf(key, sizeof(key), "%d", number);
		snprintf(other, sizeof(other), "state %d", number);
		name = json_object_get(names, key);
		s = get(way, number, json_string_value(json_array_get(name, 0)) ?: other,
			json_string_value(json_array_get(name, 1)) ?: "");
		r = s ? add_sample(s, us) : -ENOMEM;
		if (r < 0)
			return r;
		known += us;
	}
	r = add_sample(&way->act, whole);
	return r < 0 ? r : add_sample(&way->rest, whole > known ? whole - known : 0);
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort(struct latency_state *s)
{
	if (s->n > 1)
		qsort(s->us, s->n, sizeof(*s->us), compare);
}

int latency_read(const struct record *run, struct latency_table *table)
{
	json_t *names[LATENCY_WAYS] = { json_object(), json_object() };
	int r = 0;

	record_foreach(line, run, .type = "observe") {
		const json_t *data = record_data(line);
		int way = strcmp(record_get_str(data, "way"), "up") == 0 ? LATENCY_UP
									 : LATENCY_DOWN;
		const struct record_act *act = record_act(run, (int)record_int(line, "act"));

		if (strcmp(record_str(line, "what"), "trace.names") == 0)
			json_object_update(names[way], json_object_get(data, "names"));
		else if (r == 0 && act && act->done &&
			 strcmp(record_str(line, "what"), "trace.steps") == 0)
			r = latency_add(&table->way[way], names[way],
					json_object_get(data, "steps"), act->began, act->ended);
	}
	for (int w = 0; w < LATENCY_WAYS; w++)
		json_decref(names[w]);
	latency_sort(table);
	return r;
}

void latency_sort(struct latency_table *table)
{
	for (int w = 0; w < LATENCY_WAYS; w++) {
		struct latency_way *way = &table->way[w];

		way->act.name = way->act.callback = way->rest.name = way->rest.callback = "";
		sort(&way->act);
		sort(&way->rest);
		for (size_t i = 0; i < way->n_states; i++)
			sort(&way->states[i]);
	}
}

void latency_table_clear(struct latency_table *table)
{
	for (int w = 0; w < LATENCY_WAYS; w++) {
		struct latency_way *way = &table->way[w];

		for (size_t i = 0; i < way->n_states; i++) {
			free((char *)way->states[i].name);
			free((char *)way->states[i].callback);
			free(way->states[i].us);
		}
		free(way->states);
		free(way->act.us);
		free(way->rest.us);
	}
	*table = (struct latency_table){};
}

int64_t latency_at(const struct latency_state *state, double share)
{
	size_t i = (size_t)(share * (double)state->n);

	if (state->n == 0)
		return 0;
	/* The smallest value that so many do not exceed: rank ceil(share * n). */
	if ((double)i == share * (double)state->n && i > 0)
		i--;
	return state->us[i < state->n ? i : state->n - 1];
}

void latency_order(const struct latency_way *way, size_t *order)
{
	for (size_t i = 0; i < way->n_states; i++) {
		size_t k = i;

		for (; k > 0 && way->states[order[k - 1]].sum < way->states[i].sum; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
}

static json_t *json_of(const struct latency_state *s)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "n", (json_int_t)s->n, "p50",
			 (json_int_t)latency_at(s, 0.5), "p95", (json_int_t)latency_at(s, 0.95),
			 "max", (json_int_t)latency_at(s, 1));
}

static json_t *json_of_way(const struct latency_way *way)
{
	_cleanup_free_ size_t *order = calloc(way->n_states + 1, sizeof(*order));
	json_t *states = json_array();

	if (!order) {
		json_decref(states);
		return NULL;
	}
	latency_order(way, order);
	for (size_t i = 0; i < way->n_states; i++) {
		const struct latency_state *s = &way->states[order[i]];
		json_t *one = json_pack("{s:i, s:s, s:s}", "number", s->number, "name", s->name,
					"callback", s->callback);

		json_object_update_new(one, json_of(s));
		json_array_append_new(states, one);
	}
	return json_pack("{s:o, s:o, s:o}", "act", json_of(&way->act), "rest", json_of(&way->rest),
			 "states", states);
}

json_t *latency_json(const struct latency_table *table)
{
	static const char *const ways[LATENCY_WAYS] = { "offline", "online" };
	json_t *doc = NULL;

	for (int w = 0; w < LATENCY_WAYS; w++) {
		if (table->way[w].act.n == 0)
			continue;
		if (!doc)
			doc = json_object();
		json_object_set_new(doc, ways[w], json_of_way(&table->way[w]));
	}
	return doc;
}
