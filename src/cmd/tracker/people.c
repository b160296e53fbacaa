// SPDX-License-Identifier: GPL-2.0-or-later
/* `user` and `token`: who may do what, from the command line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/tracker/tracker.h"
#include "store/people/account.h"

enum { OPT_ROLE = 1, OPT_SCOPES, OPT_NAME, OPT_DISABLE, OPT_ENABLE };

static const struct cmd_option user_options[] = {
	TRACKER_DB_OPTION,
	{ OPT_ROLE, "role", 'r', "ROLE", "reader, submitter, maintainer or admin", CMD_WORDS,
	  "reader submitter maintainer admin" },
	{ OPT_DISABLE, "disable", 0, NULL, "Let the user in no more; tokens neither" },
	{ OPT_ENABLE, "enable", 0, NULL, "Let the user in again" },
	{},
};

static const struct cmd_option token_options[] = {
	TRACKER_DB_OPTION,
	{ OPT_SCOPES, "scopes", 's', "LIST",
	  "read, runs, ideas, machines, rules, saved (default: runs)" },
	{ OPT_NAME, "name", 'n', "TEXT", "What it is for (default: command line)" },
	{},
};

struct wish {
	const char *db, *user, *scopes, *name;
	enum account_role role;
	bool is_disable, is_enable;
};

/* 0, or the exit code. */
static int parse(const struct cmd *cmd, int argc, char **argv, struct wish *w)
{
	struct cmd_args args = CMD_ARGS(cmd, argc, argv);
	const char *value;
	int o;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == TRACKER_OPT_DB)
			w->db = value;
		else if (o == OPT_SCOPES)
			w->scopes = value;
		else if (o == OPT_NAME)
			w->name = value;
		else if (o == OPT_DISABLE)
			w->is_disable = true;
		else if (o == OPT_ENABLE)
			w->is_enable = true;
		else if (o == OPT_ROLE && (w->role = account_role_of(value)) == ACCOUNT_NOBODY)
			return cmd_usage_error(cmd, "there is no role \"%s\"", value);
		else if (o == CMD_OPERAND && !w->user)
			w->user = value;
		else if (o != OPT_ROLE)
			return VERDICT_EXIT_USAGE;
	}
	return w->user ? 0 : cmd_usage_error(cmd, "the user's name is missing");
}

/* A user that is there gets another role or a new password; else it is made. */
static int change_user(struct db *db, const struct wish *w, struct error *err)
{
	char password[ACCOUNT_SECRET];
	int64_t id = 0;
	int r = db_number(db, &id, err, "SELECT id FROM user WHERE lower(name)=lower(?1)", "s",
			  w->user);

	if (r < 0)
		return r;
	if (r == 1 && (w->is_disable || w->is_enable))
		return account_disable(db, w->user, w->is_disable, err);
	if (r == 1 && w->role != ACCOUNT_NOBODY)
		return account_set_role(db, w->user, w->role, err);
	if (r == 0 && (w->is_disable || w->is_enable))
		return error_set(err, ENOENT, "there is no user \"%.40s\"", w->user);
	account_secret(password);
	r = r == 1 ? account_set_password(db, w->user, password, err)
		   : account_add(db, w->user, password, w->role ? w->role : ACCOUNT_READER,
				 time(NULL), err);
	if (r >= 0)
		printf("%s: password \"%s\" (shown this once)\n", w->user, password);
	return r;
}

static int run_user(int argc, char **argv)
{
	struct wish w = { .db = TRACKER_DB_DEFAULT };
	_cleanup_(cleanup_db) struct db *db = NULL;
	struct error err = { 0 };
	int r = parse(&cmd_tracker_user, argc, argv, &w);

	if (r)
		return r;
	if (tracker_open(&cmd_tracker_user, w.db, DB_CREATE, &db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	return change_user(db, &w, &err) < 0
		       ? cmd_fail(&cmd_tracker_user, VERDICT_EXIT_FAILED, "%s", err.text)
		       : VERDICT_EXIT_PASSED;
}

static int run_token(int argc, char **argv)
{
	struct wish w = { .db = TRACKER_DB_DEFAULT, .scopes = "runs", .name = "command line" };
	_cleanup_(cleanup_db) struct db *db = NULL;
	char token[ACCOUNT_SECRET];
	struct error err = { 0 };
	int r = parse(&cmd_tracker_token, argc, argv, &w);

	if (r)
		return r;
	if (tracker_open(&cmd_tracker_token, w.db, DB_WRITE, &db) < 0)
		return VERDICT_EXIT_NOT_JUDGED;
	if (account_add_token(db, w.user, w.name, w.scopes, time(NULL), token, &err) < 0)
		return cmd_fail(&cmd_tracker_token, VERDICT_EXIT_FAILED, "%s", err.text);
	printf("%s\n", token);
	return VERDICT_EXIT_PASSED;
}

const struct cmd cmd_tracker_user = {
	.name = "user",
	.summary = "Make a user, or change one",
	.usage = "[OPTION]... NAME",
	.explain =
		"A user that is not there is made, with a password that is printed once. One that is "
		"there gets the role that is named, or else a new password.",
	.options = user_options,
	.run = run_user,
};

const struct cmd cmd_tracker_token = {
	.name = "token",
	.summary = "Make a token with which a program may use the API as a user",
	.usage = "[OPTION]... USER",
	.explain = "Prints the token, once. To send runs the user must be a submitter at least.",
	.options = token_options,
	.run = run_token,
};
