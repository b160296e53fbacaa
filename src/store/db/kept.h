// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prepared statements of one connection by their text, since SQL that is put together for a filter
 * has no address of its own. What a statement is, is the backend's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define KEPT 256 /* a power of two; what does not fit pushes out one that nobody reads from */

struct kept {
	char *sql;
	size_t hash;
	void *stmt; /* NULL: it is not prepared yet */
	bool is_used;
};

struct kept_table {
	struct kept slots[KEPT];
	void (*forget)(void *arg, void *stmt);
	void *arg;
};

/* Where it is, or where it can be; NULL: all such places are read from just now. */
struct kept *kept_find(struct kept_table *table, const char *sql);
void kept_clear(struct kept_table *table);
