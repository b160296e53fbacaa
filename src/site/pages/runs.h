// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of runs, as several pages show it; it ends with "</tbody></table></div>". */
#pragma once

#include "site/web/request.h"
#include "store/cells/filter.h"
#include "store/db/db.h"

void runs_table_begin(struct out *out);
/* A row of list_runs(). */
void runs_table_row(struct out *out, const struct rows *rows);

/* The menus by which runs are chosen. */
_must_check_ int runs_filter_form(struct request *r, const struct filter *filter,
				  const char *action);
/* The run that the path names, on its row of list_run(); -ENOENT with a text. */
_must_check_ int runs_find(struct request *r, struct rows *run);
