// SPDX-License-Identifier: GPL-2.0-or-later
/* Small helpers on strings. For building long ones use open_memstream(3). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* asprintf that returns the string (owned by the caller) or NULL when memory is short. */
char *text_printf(const char *fmt, ...) _printf_(1, 2);

/* Cuts white space off both ends, in place; returns the new start. */
char *text_strip(char *s);

bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);

/* The whole string must be one decimal number; -EINVAL or -ERANGE otherwise, *ret untouched. */
_must_check_ int text_to_i64(const char *s, int64_t *ret);
_must_check_ int text_to_int(const char *s, int *ret);

/* "90s", "10m", "1h", or a number of seconds; above 0. -EINVAL or -ERANGE otherwise. */
_must_check_ int text_to_duration_ns(const char *s, int64_t *ret);

/* Shell glob ('*', '?', '[...]') over the whole string. */
bool text_glob(const char *pattern, const char *s);

/*
 * Walks the lines of a writable string: returns the next line without its newline, or NULL at the
 * end. Unlike strtok it keeps empty lines. *cursor starts as the string.
 */
char *text_next_line(char **cursor);

/* Next run of characters that are not white space, ended with a NUL in place; NULL at the end. */
char *text_next_word(char **cursor);

/* In single quotes, so that a shell takes it for one word, whatever is in it. */
void text_put_quoted(FILE *out, const char *word);

/* All so, with spaces between; owned by the caller; NULL when memory is short. */
char *text_quoted_words(const char *const *words);
