// SPDX-License-Identifier: GPL-2.0-or-later
/* Parses /proc/stat. Compares nothing. */
#include "box/stat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *stat_column_name(enum stat_column column)
{
	static const char *const names[] = { "user",   "nice",       "system",  "idle",
					     "iowait", "irq",        "softirq", "steal",
					     "guest",  "guest_nice", NULL };

	return column < STAT_COLUMNS ? names[column] : "?";
}

const char *stat_counter_name(enum stat_counter counter)
{
	static const char *const names[] = { "intr", "ctxt", "processes", "softirq" };

	return counter < STAT_COUNTERS ? names[counter] : "?";
}

static void parse_columns(char *cursor, uint64_t *columns)
{
	char *word;

	for (int i = 0; i < STAT_COLUMNS && (word = text_next_word(&cursor)); i++)
		columns[i] = strtoull(word, NULL, 10);
}

static void parse_line(char *line, struct stat_rows *rows)
{
	char *cursor = line, *word = text_next_word(&cursor), *value;
	int cpu;

	if (!word)
		return;
	if (strcmp(word, "cpu") == 0) {
		parse_columns(cursor, rows->total);
	} else if (sscanf(word, "cpu%d", &cpu) == 1 && cpu >= 0 && cpu < STAT_CPUS) {
		cpulist_add(&rows->cpus, cpu);
		parse_columns(cursor, rows->cpu[cpu]);
	} else if (strcmp(word, "procs_running") == 0) {
		value = text_next_word(&cursor);
		rows->running = value ? strtoull(value, NULL, 10) : 0;
	} else {
		for (int i = 0; i < STAT_COUNTERS; i++)
			if (strcmp(word, stat_counter_name(i)) == 0 &&
			    (value = text_next_word(&cursor)))
				rows->counter[i] = strtoull(value, NULL, 10);
	}
}

int stat_read(struct box *box, struct stat_rows *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r = box_read(box, "proc/stat", &text);

	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	for (cursor = text; (line = text_next_line(&cursor));)
		parse_line(line, ret);
	return cpulist_count(&ret->cpus) > 0 ? 0 : -ENODATA;
}
