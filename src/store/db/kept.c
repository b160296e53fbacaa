// SPDX-License-Identifier: GPL-2.0-or-later
/* A small hash table of few probes: what is pushed out is prepared again. */
#include "store/db/kept.h"

#include <stdlib.h>
#include <string.h>

#define PROBES 8

static void forget(struct kept_table *table, struct kept *k)
{
	if (k->stmt)
		table->forget(table->arg, k->stmt);
	free(k->sql);
	*k = (struct kept){ 0 };
}

static size_t hash_of(const char *text)
{
	size_t hash = 14695981039346656037u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

struct kept *kept_find(struct kept_table *table, const char *sql)
{
	size_t hash = hash_of(sql);
	struct kept *free_one = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct kept *k = &table->slots[(hash + i) & (KEPT - 1)];

		if (k->sql && k->hash == hash && strcmp(k->sql, sql) == 0)
			return k->is_used ? NULL : k;
		if (!k->is_used && (!free_one || !k->sql))
			free_one = free_one && !free_one->sql ? free_one : k;
	}
	if (free_one) {
		forget(table, free_one);
		free_one->hash = hash;
		free_one->sql = strdup(sql);
	}
	return free_one && free_one->sql ? free_one : NULL;
}

void kept_clear(struct kept_table *table)
{
	for (size_t i = 0; i < KEPT; i++)
		forget(table, &table->slots[i]);
}
