// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What leaves the tracker as files: tables, a report for kcidb, and the whole site as pages that
 * need no server. All of it is what nobody in particular may see.
 */
#pragma once

#include <stdio.h>

#include "store/db/db.h"

struct site;
struct out;
struct filter;

/* What has a day, as a calendar (RFC 5545): lendings that end, machines that are to be heard of. Of
 * the filter: machine, arch, platform. */
_must_check_ int export_calendar(struct db *db, const struct filter *filter, int64_t now,
				 struct out *to, struct error *err);
/* One line of it, "NAME:VALUE" with the value escaped, folded after 75 bytes. */
void export_calendar_line(struct out *to, const char *name, const char *value);

/* `what`: cells, runs or results; of one run only when `run` is not NULL. -EINVAL: no such thing.
 */
_must_check_ int export_table(struct db *db, const char *what, const char *run, bool is_csv,
			      FILE *to, struct error *err);

/* KCIDB's I/O schema 5.0. `origin` is the name that kcidb knows this tracker by: a-z, 0-9 and _. */
_must_check_ int export_kcidb(struct db *db, const char *origin, const char *run, FILE *to,
			      struct error *err);

/* The site's pages below a new folder, at most `pages` of them; links to what is not there are
 * text. Returns how many were written. */
_must_check_ int export_site(struct site *s, const char *dir, int pages, struct error *err);
