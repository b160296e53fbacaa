// SPDX-License-Identifier: GPL-2.0-or-later
/* What the text formats say in the same words; nobody else sees it. */
#pragma once

#include <stdint.h>

#include "report/report.h"

/* Decodes the next character of valid UTF-8 and moves on; 0 at the end is the caller's to look for.
 */
int report_next_char(const char **text);

/* The text on one line: control characters, also those of terminals, become spaces. */
void report_put_line(FILE *out, const char *text);

/* "offline cpu3" */
void report_put_act(FILE *out, const struct record_act *act);

/* The command that repeats just this, owned by the caller; scenario and claim may be NULL. */
char *report_repeat(const struct record *run, const char *scenario, const char *claim);

/* Why scenarios of the plan were not begun. */
const char *report_why_not_begun(const json_t *results);

/* "12.3 ms", "4.56 s"; returns buf. */
const char *report_ms(int64_t ns, char *buf, size_t size);

/* First and last time of the journal; both 0 when it has none. */
void report_time_span(const struct record *run, int64_t *ret_from, int64_t *ret_to);
