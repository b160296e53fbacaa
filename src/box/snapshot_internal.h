// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of a snapshot; each takes and puts back one kind of thing. */
#pragma once

#include <jansson.h>

#include "box/box.h"

/* Something differed: it is listed, and *all_ok is cleared when it could not be put back. */
void snapshot_add_item(json_t *items, const char *what, const char *was, const char *now, bool ok,
		       const char *why);

json_t *snapshot_take_cpusets(struct box *box);
bool snapshot_restore_cpusets(struct box *box, const json_t *saved, json_t *items);

json_t *snapshot_take_tasks(struct box *box);
bool snapshot_restore_tasks(struct box *box, const json_t *saved, json_t *items);
