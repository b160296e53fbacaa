// SPDX-License-Identifier: GPL-2.0-or-later
/* `check` and `backup`: the care of the database. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/tracker/tracker.h"

static const struct cmd_option options[] = {
	TRACKER_DB_OPTION,
	{},
};

static int64_t number(struct db *db, const char *sql)
{
	int64_t n = 0;

	return db_number(db, &n, NULL, sql, NULL) < 0 ? -1 : n;
}

static int parse(const struct cmd *cmd, int argc, char **argv, const char **ret_path,
		 const char **ret_operand)
{
	struct cmd_args args = CMD_ARGS(cmd, argc, argv);
	const char *value;
	int o;

	*ret_path = TRACKER_DB_DEFAULT;
	*ret_operand = NULL;
	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == TRACKER_OPT_DB)
			*ret_path = value;
		else if (o == CMD_OPERAND && !*ret_operand)
			*ret_operand = value;
		else
			return o == CMD_OPERAND
				       ? cmd_usage_error(cmd, "one operand too many: \"%s\"", value)
				       : VERDICT_EXIT_USAGE;
	}
	return 0;
}

static int run_check(int argc, char **argv)
{
	_cleanup_(cleanup_db) struct db *db = NULL;
	const char *path, *operand;
	struct error err = { 0 };
	int r = parse(&cmd_tracker_check, argc, argv, &path, &operand);

	if (r)
		return r;
	if (operand)
		return cmd_usage_error(&cmd_tracker_check, "what is \"%s\" for?", operand);
	if (tracker_open(&cmd_tracker_check, path, DB_WRITE, &db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	if (db_check(db, &err) < 0)
		return cmd_fail(&cmd_tracker_check, VERDICT_EXIT_FAILED, "%s", err.text);
	printf("%s: sound; %" PRId64 " runs, %" PRId64 " results, %" PRId64 " cells, %" PRId64
	       " machines\n",
	       db_path(db), number(db, "SELECT count(*) FROM run"),
	       number(db, "SELECT count(*) FROM result"), number(db, "SELECT count(*) FROM cell"),
	       number(db, "SELECT count(*) FROM machine"));
	return VERDICT_EXIT_PASSED;
}

static int run_backup(int argc, char **argv)
{
	_cleanup_(cleanup_db) struct db *db = NULL;
	const char *path, *to;
	struct error err = { 0 };
	int r = parse(&cmd_tracker_backup, argc, argv, &path, &to);

	if (r)
		return r;
	if (!to)
		return cmd_usage_error(&cmd_tracker_backup, "the file to write is missing");
	if (tracker_open(&cmd_tracker_backup, path, DB_WRITE, &db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	if (db_backup(db, to, &err) < 0)
		return cmd_fail(&cmd_tracker_backup, VERDICT_EXIT_FAILED, "%s", err.text);
	printf("%s: a copy of %s\n", to, db_path(db));
	return VERDICT_EXIT_PASSED;
}

const struct cmd cmd_tracker_check = {
	.name = "check",
	.summary = "See whether the database is sound, and bring it to this version",
	.usage = "[OPTION]...",
	.options = options,
	.run = run_check,
};

const struct cmd cmd_tracker_backup = {
	.name = "backup",
	.summary = "Write a whole copy of the database, also while it is served",
	.usage = "[OPTION]... FILE",
	.options = options,
	.operands = CMD_FILE,
	.run = run_backup,
};
