// SPDX-License-Identifier: GPL-2.0-or-later
/* How a lab run ends for the user: judged, reported, told in one exit code. */
#pragma once

#include <stdbool.h>

#include "lab/session.h"

/* Judges the run directory, writes results.json and report.html, prints the summary; returns the
 * exit code. */
int lab_end(const char *dir, const struct session_outcome *outcome, bool is_known_ok,
	    bool has_report);
