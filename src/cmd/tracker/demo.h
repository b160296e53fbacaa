// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of the demo share. */
#pragma once

#include <time.h>

#include "store/db/db.h"
#include "store/take/bundle.h"

struct demo {
	struct db *db;
	char dir[BUNDLE_PATH]; /* for what is unpacked */
	char *journal;         /* of the run that is varied */
	time_t now;
	int number; /* of runs so far */
};

/* demo.c: the text as a file of that folder; -errno. */
_must_check_ int demo_put_file(const char *dir, const char *name, const char *text);

/* demo_story.c: made-up machines and kernels, with what goes wrong on them. */
_must_check_ int demo_add_story(struct demo *d, struct error *err);
