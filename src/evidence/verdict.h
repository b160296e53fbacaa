// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one function that turns evidence into verdicts. It reads a run directory and nothing else: no
 * kernel, no clock, so that the same directory gives the same results.json, byte for byte. Rules:
 * docs/run-format.md.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

struct record;

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_SKIP,
	VERDICT_ERROR,
	VERDICT_TIMEOUT,
	VERDICT_CRASH
};

/* What `hotproof` exits with. */
enum {
	VERDICT_EXIT_PASSED = 0,
	VERDICT_EXIT_FAILED = 1,
	VERDICT_EXIT_USAGE = 2,
	VERDICT_EXIT_NOT_TRIED = 77,
	VERDICT_EXIT_NOT_JUDGED = 99,
};

const char *verdict_name(enum verdict v);

/*
 * Judges the run in `dir`. *ret_results is the document described in docs/run-format.md, owned by
 * the caller. A truncated journal is judged as far as it goes (its last scenario crashed); -EBADMSG
 * with file and line when a line in the middle is no JSON object, -ENOENT when there is no journal.
 */
_must_check_ int verdict_judge(const char *dir, json_t **ret_results, struct error *err);

/* The same of a run that has been read (evidence/record.h), for whoever reports on it too; NULL
 * when memory is short. */
json_t *verdict_of_run(const struct record *run);

/* The bytes of results.json, owned by the caller; NULL when memory is short. */
char *verdict_text(const json_t *results);

/* Writes results.json into `dir`, atomically. */
_must_check_ int verdict_write(const char *dir, const json_t *results, struct error *err);
