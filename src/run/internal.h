// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of run/ share and nobody else sees. */
#pragma once

#include "evidence/journal.h"
#include "run/run.h"
#include "stage/stage.h"

struct run {
	const struct run_setup *setup;
	struct journal *journal;
	struct stage_shared *shared; /* one page-aligned mapping, zeroed before each scenario */
	const struct scenario **scenarios; /* chosen, NULL-terminated */
	const struct witness **witnesses;
	size_t n_scenarios;
	struct run_outcome outcome;
};

/* What the box is: kernel, command line, topology; owned by the caller. */
json_t *run_meta(const struct run_setup *setup);

/* Fills run->scenarios and ->witnesses; -ENOENT with a text when a glob chooses nothing. */
_must_check_ int run_choose(struct run *run, struct error *err);

/* How one scenario's child ended. */
enum run_end { RUN_ENDED, RUN_CRASHED, RUN_TIMED_OUT, RUN_INTERRUPTED };
