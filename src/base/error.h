// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one idiom for errors: a function returns >= 0 or a negative errno. Where a number does not
 * explain (parsers, QMP, child programs) its last argument is a caller-owned `struct error`, which
 * may be NULL. The text says what failed, on what (in quotes), why, and what to do next.
 */
#pragma once

#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(f, a) __attribute__((format(printf, f, a)))

struct error {
	int code; /* positive errno; 0: no error set */
	char text[496];
};

/* Fills *err (if not NULL) and returns -code, so that `return error_set(err, EINVAL, ...)` reads
 * well. */
int error_set(struct error *err, int code, const char *fmt, ...) _printf_(3, 4);

/* Puts "prefix: " before the text that is already there; returns -err->code. */
int error_prefix(struct error *err, const char *fmt, ...) _printf_(2, 3);

/* "ENOSPC" for 28 (a negative number works too); "OK" for 0; "E?" for a number without a name. */
const char *error_name(int code);

/* The errno of a name ("EBUSY" -> 16); -EINVAL for an unknown one. */
int error_number(const char *name);
