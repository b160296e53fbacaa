// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything from one database into another, of whichever kinds, while the first is in use: it is
 * one snapshot, in one transaction, and compared before that ends. It knows no table by name.
 */
#pragma once

#include "store/db/db.h"

/* Of a table, each now and then and once more at its end, when `is_done`. */
typedef void db_copy_told(void *arg, const char *table, int64_t rows, bool is_done);

/* -EEXIST: `to` has rows already. On failure nothing is in it. `ret_rows`: of all tables. */
_must_check_ int db_copy(struct db *from, struct db *to, db_copy_told *told, void *arg,
			 int64_t *ret_rows, struct error *err);
