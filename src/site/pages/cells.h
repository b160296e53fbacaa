// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of cells, as several pages show it. */
#pragma once

#include "site/web/out.h"
#include "store/db/db.h"

void cells_table_begin(struct out *out, const char *caption);
/* A row of list_cells(). */
void cells_table_row(struct out *out, const struct rows *rows);
void cells_table_end(struct out *out);
