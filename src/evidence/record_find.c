// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds lines, acts, scenarios and declarations in a run that has been read, and their fields.
 * Changes nothing. */
#include "evidence/record.h"

#include <string.h>

static bool holds(const json_t *list, const char *word)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), word) == 0)
			return true;
	return false;
}

static bool has_field(const struct record_line *l, const char *key, const char *wanted)
{
	return !wanted || strcmp(record_str(l, key), wanted) == 0;
}

static bool is_of_claim(const struct record_line *l, const char *claim)
{
	if (!claim || strcmp(record_str(l, "claim"), claim) == 0)
		return true;
	return holds(json_object_get(l->json, "claims"), claim);
}

static bool passes(const struct record_line *l, const struct record_filter *f)
{
	if (f->type && strcmp(l->type, f->type) != 0)
		return false;
	if (f->tries != RECORD_ANY_TRY && l->is_alone != (f->tries == RECORD_ALONE))
		return false;
	if (f->scenario && strcmp(l->scenario ? l->scenario : "run", f->scenario) != 0)
		return false;
	if (f->act && record_int(l, "act") != f->act)
		return false;
	return has_field(l, "what", f->what) && has_field(l, "witness", f->witness) &&
	       is_of_claim(l, f->claim);
}

const struct record_line *record_next(const struct record *r, const struct record_line *prev,
				      const struct record_filter *filter)
{
	for (size_t i = prev ? prev - r->lines + 1 : 0; i < r->n_lines; i++)
		if (passes(&r->lines[i], filter))
			return &r->lines[i];
	return NULL;
}

const char *record_get_str(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

json_int_t record_get_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *record_str(const struct record_line *line, const char *key)
{
	return record_get_str(line->json, key);
}

json_int_t record_int(const struct record_line *line, const char *key)
{
	return record_get_int(line->json, key);
}

/* What is not there is an object that holds nothing: NULL does that for all of jansson's readers.
 */
const json_t *record_data(const struct record_line *line)
{
	const json_t *data = json_object_get(line->json, "data");

	return json_is_object(data) ? data : NULL;
}

const struct record_line *record_evidence(const struct record *r, const json_t *evidence)
{
	const char *file = record_get_str(evidence, "file");
	json_int_t seq = record_get_int(evidence, "seq");

	for (size_t i = 0; i < r->n_lines; i++)
		if (r->lines[i].seq == seq && strcmp(r->lines[i].file, file) == 0)
			return &r->lines[i];
	return NULL;
}

const struct record_act *record_act(const struct record *r, int id)
{
	for (size_t i = r->n_acts; i > 0; i--)
		if (r->acts[i - 1].id == id)
			return &r->acts[i - 1];
	return NULL;
}

const struct record_scenario *record_scenario(const struct record *r, const char *id)
{
	for (size_t i = 0; i < r->n_scenarios; i++)
		if (strcmp(r->scenarios[i].id, id) == 0)
			return &r->scenarios[i];
	return NULL;
}

const struct record_act *record_last_act(const struct record *r, const char *scenario)
{
	const struct record_act *last = NULL;

	for (size_t i = 0; i < r->n_acts; i++) {
		const struct record_act *a = &r->acts[i];

		if (a->is_alone || strcmp(a->scenario ? a->scenario : "run", scenario) != 0)
			continue;
		if (!a->done)
			return a;
		last = a;
	}
	return last;
}

const json_t *record_declared(const struct record *r, const char *kind, const char *id)
{
	const json_t *list = json_object_get(r->catalog, kind), *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(record_get_str(item, "id"), id) == 0)
			return item;
	return NULL;
}
