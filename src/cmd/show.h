// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens to a run directory once the run is over, the same for `run`, `lab run` and `judge`:
 * judged, written down, shown. It is no subcommand, and it runs nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "report/report.h"

/* Colour and width for a stream: only a terminal has them (NO_COLOR and TERM=dumb are minded). */
struct report_options show_options(FILE *out);

/*
 * Judges the run in `dir`, writes results.json and report.html into it (the page only where the
 * program has that format), prints the summary on stdout and the page's path after it. Returns the
 * exit code of the run, or VERDICT_EXIT_NOT_JUDGED with one line on stderr.
 */
int show_run(const struct cmd *cmd, const char *dir, bool is_known_ok);
