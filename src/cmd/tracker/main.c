// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of hotproof-tracker's subcommands, and opening the database for them. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/tracker/tracker.h"
#include "store/take/catalog.h"

static const struct cmd *const cmds[] = {
	&cmd_tracker_serve, &cmd_tracker_import, &cmd_tracker_user,   &cmd_tracker_token,
	&cmd_tracker_check, &cmd_tracker_backup, &cmd_tracker_copy,   &cmd_tracker_demo,
	&cmd_tracker_push,  &cmd_tracker_key,    &cmd_tracker_export, NULL
};

static const struct cmd_program hotproof_tracker = {
	.name = "hotproof-tracker",
	.summary = "Keep the record of what was proved, what was not, and what nobody has tried",
	.cmds = cmds,
};

int tracker_open(const struct cmd *cmd, const char *path, enum db_mode mode, struct db **ret)
{
	_cleanup_(cleanup_db) struct db *db = NULL;
	struct error err = { 0 };
	int r = db_open(path, mode, &db, &err);

	if (r >= 0 && mode != DB_READ)
		r = catalog_install_built_in(db, &err);
	if (r < 0) {
		cmd_fail(cmd, 0, "%s", err.text);
		return r;
	}
	*ret = take_ptr(db);
	return 0;
}

/* Other users see a command's words; the program itself goes on with copies of them. */
static bool hide_passwords(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *url = strstr(argv[i], "postgres"), *copy = NULL, *shown = NULL;

		if (!url || !strstr(url, "://"))
			continue;
		copy = strdup(argv[i]);
		shown = db_shown(url);
		if (!copy || !shown) {
			free(copy);
			free(shown);
			return false;
		}
		/* What is shown is never longer. */
		memset(url, 0, strlen(url));
		memcpy(url, shown, strlen(shown));
		free(shown);
		argv[i] = copy; /* until the program ends */
	}
	return true;
}

int main(int argc, char **argv)
{
	if (!hide_passwords(argc, argv))
		return cmd_fail(NULL, VERDICT_EXIT_NOT_JUDGED, "out of memory");
	if (sodium_init() < 0)
		return cmd_fail(NULL, VERDICT_EXIT_NOT_JUDGED, "libsodium cannot be used");
	return cmd_main(&hotproof_tracker, argc, argv);
}
