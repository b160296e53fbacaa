// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a run is, on stderr: one line that is rewritten on a terminal, plain lines elsewhere. */
#pragma once

#include "run/run.h"

struct progress {
	bool is_terminal;
	bool is_open; /* a line without its newline stands there */
	char last[256];
};

void progress_begin(struct progress *p);

/* A run_setup.progress; arg is a struct progress. */
void progress_show(void *arg, const struct run_progress *now);

/* Leaves a clean line. */
void progress_end(struct progress *p);
