// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run directory read into memory: its lines in order, the acts joined with their outcome, and the
 * scenarios. The verdict and all reports read a run through this and nothing else. It judges
 * nothing, and it needs no field that docs/run-format.md does not promise: what is missing reads as
 * "", 0 or NULL.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Files larger than this, or with longer lines, are not read: -EFBIG. */
#define RECORD_FILE_MAX ((size_t)64 << 20)
#define RECORD_LINE_MAX ((size_t)4 << 20)
#define RECORD_CLAIMS_MAX 1024 /* of one scenario; and scenarios of one run */

struct record_line {
	const char *file;     /* "journal" or "outside" */
	long number;          /* 1, 2 ... in its file */
	long seq;             /* its own; an outside line without one: its number */
	int64_t t;            /* ns on the box's clock; 0: none */
	const char *type;     /* never NULL */
	const char *scenario; /* NULL: outside of any */
	bool is_alone;        /* of the second try of a failed claim */
	json_t *json;
};

/* An `act` line with its `done` line, whose fields are 0, -1 or NULL if it never returned. */
struct record_act {
	int id;
	const struct record_line *line;
	const struct record_line *done; /* NULL: the write never returned */
	const char *scenario;           /* NULL: outside of any */
	bool is_alone;
	const char *verb, *path, *value; /* never NULL */
	int cpu;                         /* -1: none */
	const char *result;              /* "OK" or an errno's name; NULL only without `done` */
	int64_t began, ended;            /* ns; without `done`: the time of the act's line, and 0 */
	int attempts;
	bool is_noop;
	int state, target;  /* -1: not read */
	const char *online; /* mask afterwards */
};

struct record_scenario {
	const char *id;      /* "run" for what belongs to none */
	const char **claims; /* of its begin, then of its other lines; not of second tries */
	size_t n_claims;
	const struct record_line *begin, *end; /* first and last one of first tries, or NULL */
	int n_begun, n_ended;
};

struct record {
	char *dir;
	json_t *meta, *catalog;    /* objects, empty when there is no such file */
	struct record_line *lines; /* the journal's, then those from outside */
	size_t n_lines, n_journal;
	struct record_act *acts; /* in the order of their lines */
	size_t n_acts;
	struct record_scenario *scenarios; /* in the order in which they were first met */
	size_t n_scenarios;
	bool is_truncated; /* the last line of a file was cut off and dropped */
	long n_missing;    /* numbers that the journal skips: lost lines */
	long *seqs;        /* of the journal, ascending, each once */
	size_t n_seqs;
};

/*
 * -ENOENT: no such directory, or no journal in it; -ENOTDIR: a file; -EBADMSG: garbage, with file
 * and line; -EFBIG: beyond the bounds. outside.jsonl, meta.json and catalog.json may be absent.
 */
_must_check_ int record_open(const char *dir, struct record **ret, struct error *err);
void record_free(struct record *r);
CLEANUP_DEFINE(struct record, record, record_free)

/* Which lines are wanted; what is left out (NULL, 0) is not asked for. */
struct record_filter {
	const char *type;     /* "expect" */
	const char *scenario; /* "run": those of none */
	const char *claim;    /* expect: this one; need, plant, begin: holds it in `claims` */
	const char *what;     /* observe, note */
	const char *witness;
	int act;
	enum { RECORD_FIRST_TRY, RECORD_ALONE, RECORD_ANY_TRY } tries;
};

/* The next line after `prev` (NULL: from the start) that passes, or NULL. */
const struct record_line *record_next(const struct record *r, const struct record_line *prev,
				      const struct record_filter *filter);

/* record_foreach(line, r, .type = "observe", .what = "heartbeat.gap", .act = 3) { ... } */
#define record_foreach(line, r, ...)                                                 \
	for (const struct record_line *line =                                        \
		     record_next((r), NULL, &(struct record_filter){ __VA_ARGS__ }); \
	     line; line = record_next((r), line, &(struct record_filter){ __VA_ARGS__ }))

/* Fields of a line, or of its `data` ("" or 0 or an empty object when they are not there or of
 * another type). */
const char *record_str(const struct record_line *line, const char *key);
json_int_t record_int(const struct record_line *line, const char *key);
const json_t *record_data(const struct record_line *line);

/* Fields of any object in the same lenient manner; `object` may be NULL. */
const char *record_get_str(const json_t *object, const char *key);
json_int_t record_get_int(const json_t *object, const char *key);

/* NULL: no such act, scenario. */
const struct record_act *record_act(const struct record *r, int id);
const struct record_scenario *record_scenario(const struct record *r, const char *id);

/* The act that was under way when the scenario's first try ended early (its write never returned),
 * else its last act; NULL: none. */
const struct record_act *record_last_act(const struct record *r, const char *scenario);

/* The line that an entry of results.json's `evidence` names; NULL: there is none. */
const struct record_line *record_evidence(const struct record *r, const json_t *evidence);

/* From catalog.json: record_declared(r, "claims", "task.repins"); an empty object when it is not
 * there. */
const json_t *record_declared(const struct record *r, const char *kind, const char *id);

/* Numbers that are missing in `seq` from one line to the other (lost lines). */
long record_missing_between(const struct record *r, const struct record_line *from,
			    const struct record_line *to);
