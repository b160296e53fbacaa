// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of hotproof-tracker's subcommands, and opening the database for them. */
#include <sodium.h>

#include "cmd/tracker/tracker.h"
#include "store/take/catalog.h"

static const struct cmd *const cmds[] = { &cmd_tracker_serve,
					  &cmd_tracker_import,
					  &cmd_tracker_user,
					  &cmd_tracker_token,
					  &cmd_tracker_check,
					  &cmd_tracker_backup,
					  &cmd_tracker_demo,
					  &cmd_tracker_push,
					  &cmd_tracker_key,
					  &cmd_tracker_export,
					  NULL };

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

int main(int argc, char **argv)
{
	if (sodium_init() < 0)
		return cmd_fail(NULL, VERDICT_EXIT_NOT_JUDGED, "libsodium cannot be used");
	return cmd_main(&hotproof_tracker, argc, argv);
}
