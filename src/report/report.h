// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one declaration of report formats. A format reads a run (record) and its verdicts
 * (results.json) and writes to `out`; it runs nothing, judges nothing, and reads no clock, so that
 * the same run gives the same bytes.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "evidence/latency.h"
#include "evidence/record.h"

struct report_options {
	bool is_coloured;                   /* the text goes to a terminal */
	int columns;                        /* of the terminal; 0: 100 */
	const struct latency_table *before; /* what acts cost in earlier runs of the box, or NULL */
};

/* 0 or -errno; errors of `out` itself are the caller's to look for (ferror). */
typedef int report_write(const struct record *run, const json_t *results, FILE *out,
			 const struct report_options *options);

struct report_format {
	const char *name; /* as in --format=NAME */
	const char *summary;
	report_write *write;
};

report_write report_text;
report_write report_ktap;
report_write report_junit;
report_write report_json;
report_write report_html;

/* Ended by an entry without a name; the first is the default. */
extern const struct report_format report_formats[];

/* NULL: no such format. */
const struct report_format *report_find(const char *name);
