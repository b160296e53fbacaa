// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text on its way out: a growing buffer, and the only ways by which values get into pages, links
 * and JSON: each escapes. Markup itself goes in with out_raw(), which takes literals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct out {
	char *text;
	size_t len, size;
	bool is_short; /* memory was; what is there is not all */
};

void out_free(struct out *out);
void out_bytes(struct out *out, const char *bytes, size_t len);

/* A literal, as it stands. */
void out_raw(struct out *out, const char *markup);

/*
 * The format is a literal with markup; what comes in is escaped for text and attributes. Known: %s
 * %d %ld %lld %zu %c %% and no others.
 */
void out_put(struct out *out, const char *fmt, ...) _printf_(2, 3);
void out_text(struct out *out, const char *text, size_t len);

/* A part of a path, or a value of a query: all but letters, digits and -._~ is escaped. */
void out_url(struct out *out, const char *text);

/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. `<` and the like too, so
 * that it may stand in a page. */
void out_json(struct out *out, const char *text);

/* The length of the well-formed UTF-8 character at `text`; 0: it is none. */
size_t out_utf8_length(const char *text);

/* "2026-11-23 10:56" (UTC), in a <time>; "never" for 0. */
void out_time(struct out *out, int64_t s);
