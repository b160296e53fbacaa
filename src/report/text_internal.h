// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of the text report share: text.c is its order, text_put.c how things are set,
 * text_parts.c the lesser parts. */
#pragma once

#include "report/internal.h"

enum text_colour { TEXT_PLAIN, TEXT_BOLD, TEXT_GOOD, TEXT_BAD, TEXT_WARN, TEXT_DIM };

struct text {
	FILE *out;
	const struct record *run;
	const json_t *results;              /* the document */
	const json_t *list;                 /* its "results" */
	const struct latency_table *before; /* earlier runs of the box, or NULL */
	bool is_coloured;
	int columns;
};

/* Begin and end of a colour; nothing when there are none. */
void text_colour(const struct text *t, enum text_colour colour);

/* A heading on a line of its own, after an empty one. */
void text_heading(const struct text *t, enum text_colour colour, const char *fmt, ...)
	_printf_(3, 4);

/* "    label     words, folded at the margin and aligned under each other". */
void text_field(const struct text *t, const char *label, const char *words);
void text_fieldf(const struct text *t, const char *label, const char *fmt, ...) _printf_(3, 4);

/* text_parts.c */
/*
 * "a, b and 3 more": the claims of a scenario whose result `is_wanted`; of many only the first few
 * are named. Owned by the caller; NULL: none.
 */
char *text_claims(const struct text *t, const char *scenario,
		  bool (*is_wanted)(const json_t *result, const void *arg), const void *arg);
/* How many results of a scenario (NULL: of all) are `is_wanted` (NULL: any). */
int text_count(const struct text *t, const char *scenario,
	       bool (*is_wanted)(const json_t *result, const void *arg), const void *arg);
bool text_is_untried(const struct text *t, const char *scenario); /* all of its claims skipped */
bool text_is_known(const json_t *result);                         /* a known defect explains it */
void text_put_defect(const struct text *t, const json_t *result); /* which one */
void text_known(const struct text *t);
void text_skips(const struct text *t);
void text_disruption(const struct text *t);

/* text_cost.c */
void text_cost(const struct text *t);
