// SPDX-License-Identifier: GPL-2.0-or-later
/* The subcommands of hotproof-tracker and what they share. */
#pragma once

#include "cmd/cmd.h"
#include "store/db/db.h"

extern const struct cmd cmd_tracker_serve;
extern const struct cmd cmd_tracker_import;
extern const struct cmd cmd_tracker_check;
extern const struct cmd cmd_tracker_backup;
extern const struct cmd cmd_tracker_copy;
extern const struct cmd cmd_tracker_demo;
extern const struct cmd cmd_tracker_user;
extern const struct cmd cmd_tracker_token;
extern const struct cmd cmd_tracker_push;
extern const struct cmd cmd_tracker_export;
extern const struct cmd cmd_tracker_key;

/* The option that all of them have. */
#define TRACKER_DB_DEFAULT "tracker.db"
#define TRACKER_OPT_DB 100
#define TRACKER_DB_OPTION                                                                         \
	{                                                                                         \
		TRACKER_OPT_DB, "db", 'd', "FILE|URL",                                            \
			"The database: a file, or postgres://... (default: tracker.db)", CMD_FILE \
	}

/* Opens it and installs the built-in catalogue; says on stderr why not and returns -errno. */
_must_check_ int tracker_open(const struct cmd *cmd, const char *path, enum db_mode mode,
			      struct db **ret);
