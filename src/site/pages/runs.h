// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of runs, as several pages show it; it ends with "</tbody></table></div>". */
#pragma once

#include "site/web/out.h"
#include "store/db/db.h"

void runs_table_begin(struct out *out);
/* A row of list_runs(). */
void runs_table_row(struct out *out, const struct rows *rows);
