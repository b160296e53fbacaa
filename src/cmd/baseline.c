// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads earlier runs and refuses those of other boxes: their times would say nothing. */
#include "cmd/baseline.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "evidence/record.h"

static size_t count_acts(const struct latency_table *table)
{
	return table->way[LATENCY_DOWN].act.n + table->way[LATENCY_UP].act.n;
}

int baseline_read(const char *dir, const json_t *meta, struct latency_table *table,
		  struct error *err)
{
	static const char *const same[] = { "kernel", "arch", "machine" };
	_cleanup_(cleanup_record) struct record *run = NULL;
	size_t acts = count_acts(table);
	int r = record_open(dir, &run, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		const char *theirs = record_get_str(run->meta, same[i]),
			   *ours = record_get_str(meta, same[i]);

		if (strcmp(theirs, ours) != 0)
			return error_set(
				err, EINVAL,
				"the baseline \"%s\" is of another box: its %s is \"%s\" and not \"%s\"",
				dir, same[i], theirs, ours);
	}
	r = latency_read(run, table);
	if (r < 0)
		return error_set(err, -r, "cannot read the baseline \"%s\": %s", dir, strerror(-r));
	if (count_acts(table) == acts)
		return error_set(
			err, EINVAL,
			"the baseline \"%s\" has no traced acts: the witness \"steps\" did not watch it",
			dir);
	return 0;
}
