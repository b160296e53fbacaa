// SPDX-License-Identifier: GPL-2.0-or-later
/* What change.c and change_between.c share: how two states compare, and the list that grows. */
#pragma once

#include "store/cells/change.h"

bool change_is_bad(enum cell_state s);
bool change_is_good(enum cell_state s);

/* Adds what changed from one side to the other; counts what did not. Texts are copied. */
_must_check_ int change_add(struct change_list *l, const struct change *change, bool was, bool is,
			    struct error *err);
void change_sort(struct change_list *l);
