// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which database a test of the tracker uses: a file in its folder, or, where HOTPROOF_TEST_DB names
 * a server (tests/postgres/with-server), a schema there that nobody has used yet.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

static inline bool tracker_db_is_server(void)
{
	return getenv("HOTPROOF_TEST_DB") != NULL;
}

/* Each call another one; owned by the caller. */
static inline char *tracker_db_path(const char *dir)
{
	static int n;
	const char *server = getenv("HOTPROOF_TEST_DB");

	n++;
	return server ? text_printf("%s&options=-csearch_path%%3Dbox_%d_%d", server, (int)getpid(),
				    n)
		      : text_printf("%s/t%d.db", dir, n);
}
