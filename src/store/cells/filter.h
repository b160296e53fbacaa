// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which cells are meant: the one filter of the matrix, the lists, the changes and the API. It
 * becomes SQL here and nowhere else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/db/db.h"

/* NULL: any. Each is a name as the pages show it. */
struct filter {
	const char *scenario, *claim, *subject;
	const char *machine, *arch, *platform;
	const char *kernel, *series, *options;
	const char *state;  /* a word of cell_words; "open": all that is no pass; "broken": all that
			       fails */
	bool is_unexpected; /* also cells that nobody expects any more */
};

/* The names of the fields in URLs, ended by NULL, and the field of that name. */
extern const char *const filter_names[];
const char **filter_field(struct filter *filter, const char *name);

/* Conditions on `cell c`, each beginning with " AND"; parameters ?1 ... ?9. Owned by the caller. */
char *filter_sql(const struct filter *filter);
#define FILTER_TYPES "sssssssss"
#define FILTER_VALUES(f)                                                                 \
	(f)->scenario, (f)->claim, (f)->subject, (f)->machine, (f)->arch, (f)->platform, \
		(f)->kernel, (f)->series, (f)->options
#define FILTER_NEXT "?10" /* the first parameter that is free for a query's own */
