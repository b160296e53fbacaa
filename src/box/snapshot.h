// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a run may disturb, remembered and put back: traps in hotplug/fail, CPUs online or offline,
 * cpusets, interrupt and task affinities. A snapshot is one JSON document, so that another process,
 * or the next start, can put the box back too.
 */
#pragma once

#include <jansson.h>

#include "box/box.h"

/* Owned by the caller. What cannot be read is not in it, and is left alone later. */
_must_check_ int snapshot_take(struct box *box, json_t **ret);

/*
 * Puts back what differs, and reads it back. 1: all is as it was; 0: something is not. *ret_items
 * (owned by the caller): an array of
 * {"what","was","now","ok"}, with "why" where that says more: only what had to be changed or could
 * not be. May hang where the kernel does: call it in a process that can be given up.
 */
_must_check_ int snapshot_restore(struct box *box, const json_t *snapshot, json_t **ret_items);

/* Disarms hotplug/fail of every CPU; appends to `items` what was armed. False: one stays armed. */
bool snapshot_clear_traps(struct box *box, json_t *items);

/* To and from a file on this machine; snapshot_load: -ENOENT, or -ESTALE for one of an earlier boot
 * or of another kind. */
_must_check_ int snapshot_save(const json_t *snapshot, const char *path);
_must_check_ int snapshot_load(struct box *box, const char *path, json_t **ret);
