// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two files of the record share and nobody else sees: record_read.c fills in the lines,
 * record.c what they mean. */
#pragma once

#include "evidence/record.h"
#include "evidence/rundir.h"

/* Appends the lines of NAME.jsonl; 0 when it is not there and not needed. */
_must_check_ int record_read_lines(struct record *r, int dirfd, const char *name, bool is_needed,
				   struct error *err);

/* NAME.json, or an empty object when it is not there. */
_must_check_ int record_read_document(const struct record *r, int dirfd, const char *name,
				      json_t **ret, struct error *err);
