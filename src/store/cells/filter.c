// SPDX-License-Identifier: GPL-2.0-or-later
/* The filter as SQL. Values are always parameters; only words from this program's own tables get
 * into the text. */
#include "store/cells/filter.h"

#include <stdio.h>
#include <string.h>

#include "store/cells/cell.h"

static const struct {
	const char *name;
	size_t at;
	const char *sql; /* NULL: see state_sql() */
} fields[] = {
	{ "scenario", offsetof(struct filter, scenario),
	  " AND c.scenario=(SELECT id FROM scenario WHERE name=?1)" },
	{ "claim", offsetof(struct filter, claim),
	  " AND c.claim=(SELECT id FROM claim WHERE name=?2)" },
	{ "subject", offsetof(struct filter, subject),
	  " AND c.claim IN (SELECT id FROM claim WHERE subject=?3)" },
	{ "machine", offsetof(struct filter, machine),
	  " AND c.machine=(SELECT id FROM machine WHERE name=?4)" },
	{ "arch", offsetof(struct filter, arch),
	  " AND c.machine IN (SELECT id FROM machine WHERE arch=?5)" },
	{ "platform", offsetof(struct filter, platform),
	  " AND c.machine IN (SELECT id FROM machine WHERE platform=?6)" },
	{ "kernel", offsetof(struct filter, kernel),
	  " AND c.kernel=(SELECT id FROM kernel WHERE name=?7)" },
	{ "series", offsetof(struct filter, series),
	  " AND c.kernel IN (SELECT id FROM kernel WHERE series=?8)" },
	{ "options", offsetof(struct filter, options),
	  " AND c.target IN (SELECT id FROM target WHERE options=?9)" },
	{ "state", offsetof(struct filter, state), NULL },
};

const char *const filter_names[] = { "scenario", "claim",  "subject", "machine", "arch", "platform",
				     "kernel",   "series", "options", "state",   NULL };

const char **filter_field(struct filter *filter, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return (const char **)((char *)filter + fields[i].at);
	return NULL;
}

static void put_state(FILE *out, const char *state)
{
	if (strcmp(state, "open") == 0)
		fputs(" AND c.state NOT IN (1,12)", out);
	else if (strcmp(state, "broken") == 0)
		fputs(" AND c.state IN (2,3,5)", out);
	else /* an unknown word is state 13, which no cell has */
		fprintf(out, " AND c.state=%d", (int)cell_state_of(state));
}

char *filter_sql(const struct filter *filter)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(filter->is_unexpected ? "" : " AND c.is_expected=1", out);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *value = *filter_field((struct filter *)filter, fields[i].name);

		if (value && fields[i].sql)
			fputs(fields[i].sql, out);
		else if (value)
			put_state(out, value);
	}
	return fclose(out) == 0 ? text : NULL;
}
