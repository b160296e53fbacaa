// SPDX-License-Identifier: GPL-2.0-or-later
/* `copy`: from one database into another, also while the first is served. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/tracker/tracker.h"
#include "store/db/db_copy.h"

enum { OPT_FROM = 1, OPT_TO };

static const struct cmd_option options[] = {
	{ OPT_FROM, "from", 'f', "FILE|URL", "The database to read; it may be in use", CMD_FILE },
	{ OPT_TO, "to", 't', "FILE|URL", "The database to write: empty, or not there yet",
	  CMD_FILE },
	{},
};

static void tell(void *arg, const char *table, int64_t rows, bool is_done)
{
	bool is_terminal = isatty(STDERR_FILENO);

	(void)arg;
	if (!is_done && is_terminal)
		fprintf(stderr, "\r%s: %" PRId64 " rows ...", table, rows);
	if (!is_done)
		return;
	if (is_terminal)
		fputs("\r\033[K", stderr);
	printf("%s: %" PRId64 " rows, the same on both sides\n", table, rows);
	fflush(stdout);
}

static int copy(const char *from, const char *to)
{
	_cleanup_(cleanup_db) struct db *source = NULL, *target = NULL, *watcher = NULL;
	struct error err = { 0 };
	int64_t before = 0, after = 0, rows = 0;

	/* The target without the built-in catalogue: it comes with the rest. */
	if (db_open(from, DB_READ, &source, &err) < 0 ||
	    db_open(from, DB_READ, &watcher, &err) < 0 || db_open(to, DB_CREATE, &target, &err) < 0)
		return cmd_fail(&cmd_tracker_copy, VERDICT_EXIT_NOT_JUDGED, "%s", err.text);
	if (db_number(watcher, &before, &err, "SELECT coalesce(max(id),0) FROM event", NULL) < 0 ||
	    db_copy(source, target, tell, NULL, &rows, &err) < 0 ||
	    db_number(watcher, &after, &err, "SELECT coalesce(max(id),0) FROM event", NULL) < 0)
		return cmd_fail(&cmd_tracker_copy, VERDICT_EXIT_FAILED, "%s", err.text);
	printf("%s: all %" PRId64 " rows of %s\n", db_path(target), rows, db_path(source));
	if (after != before)
		printf("%" PRId64 " runs came in meanwhile and may be missing there: stop what "
		       "serves the first before the last copy, or send them again\n",
		       after - before);
	return VERDICT_EXIT_PASSED;
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_tracker_copy, argc, argv);
	const char *value, *from = NULL, *to = NULL;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == OPT_FROM)
			from = value;
		else if (o == OPT_TO)
			to = value;
		else
			return o == CMD_OPERAND ? cmd_usage_error(&cmd_tracker_copy,
								  "what is \"%s\" for?", value)
						: VERDICT_EXIT_USAGE;
	}
	if (!from || !to)
		return cmd_usage_error(&cmd_tracker_copy, "--from and --to are both needed");
	return copy(from, to);
}

const struct cmd cmd_tracker_copy = {
	.name = "copy",
	.summary = "Copy everything into another database, between SQLite and PostgreSQL too",
	.usage = "--from FILE|URL --to FILE|URL",
	.explain = "The first may be served meanwhile: what is copied is how it was at one moment. "
		   "Each table is read again and compared before anything of it counts; after a "
		   "failure the second is as empty as before.",
	.options = options,
	.run = run,
};
