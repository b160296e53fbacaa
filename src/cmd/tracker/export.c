// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof tracker export`: the record as tables, as a report for kcidb, or as a site of files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/tracker/tracker.h"
#include "site/export/export.h"
#include "site/web/site.h"

#define PAGES 20000

enum { OPT_FORMAT = 1, OPT_WHAT, OPT_RUN, OPT_OUT, OPT_ORIGIN, OPT_PAGES };

static const struct cmd_option options[] = {
	TRACKER_DB_OPTION,
	{ OPT_FORMAT, "format", 'f', "FORMAT", "csv, jsonl, kcidb or site (default: csv)",
	  CMD_WORDS, "csv jsonl kcidb site" },
	{ OPT_WHAT, "what", 'w', "TABLE",
	  "cells, runs or results, of csv and jsonl (default: cells)", CMD_WORDS,
	  "cells runs results" },
	{ OPT_RUN, "run", 'r', "NAME", "Only this run, of runs, results and kcidb" },
	{ OPT_OUT, "out", 'o', "FILE", "Where to: a file, or the folder of the site", CMD_FILE },
	{ OPT_ORIGIN, "origin", 0, "NAME", "Who is reporting, for kcidb (default: hotproof)" },
	{ OPT_PAGES, "pages", 0, "N", "At most so many pages of the site (default: 20000)" },
	{},
};

struct wish {
	const char *db, *format, *what, *run, *out, *origin;
	int pages;
};

static int export_pages(const struct wish *w, struct error *err)
{
	_cleanup_(cleanup_site) struct site *site = NULL;
	int r;

	if (!w->out)
		return error_set(err, EINVAL, "--out FOLDER is missing");
	r = site_start(&(struct site_setup){ .db = w->db, .is_still = true }, &site, err);
	if (r >= 0)
		r = export_site(site, w->out, w->pages, err);
	if (r >= 0)
		printf("%s: %d pages; begin at %s/index.html\n", w->out, r, w->out);
	return r;
}

static int export_data(const struct wish *w, struct db *db, struct error *err)
{
	FILE *file = w->out ? fopen(w->out, "we") : NULL, *to = file ? file : stdout;
	int r, ended;

	if (w->out && !file)
		return error_set(err, errno, "cannot write \"%s\": %s", w->out, strerror(errno));
	/* All of it as it is at one moment. */
	r = db_begin_read(db, err);
	if (r >= 0)
		r = strcmp(w->format, "kcidb") == 0
			    ? export_kcidb(db, w->origin, w->run, to, err)
			    : export_table(db, w->what, w->run, strcmp(w->format, "csv") == 0, to,
					   err);
	db_rollback(db);
	ended = file ? fclose(file) : fflush(stdout);
	if (ended != 0 && r >= 0)
		r = error_set(err, errno, "cannot write: %s", strerror(errno));
	return r;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_tracker_export, argc, argv);
	struct wish w = { .db = TRACKER_DB_DEFAULT,
			  .format = "csv",
			  .what = "cells",
			  .origin = "hotproof",
			  .pages = PAGES };
	_cleanup_(cleanup_db) struct db *db = NULL;
	struct error err = { 0 };
	const char *value;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == TRACKER_OPT_DB)
			w.db = value;
		else if (o == OPT_FORMAT)
			w.format = value;
		else if (o == OPT_WHAT)
			w.what = value;
		else if (o == OPT_RUN)
			w.run = value;
		else if (o == OPT_OUT)
			w.out = value;
		else if (o == OPT_ORIGIN)
			w.origin = value;
		else if (o == OPT_PAGES && text_to_int(value, &w.pages) == 0 && w.pages > 0)
			continue;
		else
			return o == CMD_OPERAND || o == OPT_PAGES
				       ? cmd_usage_error(&cmd_tracker_export, "what is \"%s\" for?",
							 value)
				       : VERDICT_EXIT_USAGE;
	}
	if (strcmp(w.format, "site") != 0 && strcmp(w.format, "csv") != 0 &&
	    strcmp(w.format, "jsonl") != 0 && strcmp(w.format, "kcidb") != 0)
		return cmd_usage_error(&cmd_tracker_export, "\"%s\" is no format", w.format);
	if (tracker_open(&cmd_tracker_export, w.db, DB_WRITE, &db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	if ((strcmp(w.format, "site") == 0 ? export_pages(&w, &err) : export_data(&w, db, &err)) <
	    0)
		return cmd_fail(&cmd_tracker_export, VERDICT_EXIT_FAILED, "%s", err.text);
	return VERDICT_EXIT_PASSED;
}

const struct cmd cmd_tracker_export = {
	.name = "export",
	.summary = "Write the record as CSV, JSON lines, a kcidb report, or a site of plain files",
	.usage = "[OPTION]...",
	.explain =
		"Tables have the API's names for columns. A report for kcidb is of its schema 5.0. The site of files is made of the pages that anybody "
		"may see, from the first one on along their links, into a new folder; it needs no server, and what would need one is left out.",
	.options = options,
	.run = run,
};
