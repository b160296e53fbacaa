// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A directory of sysfs as it is at one moment: the names in it, and the values that are not meant
 * to change. Which these are is a list in tree.c. Judges nothing.
 */
#pragma once

#include <jansson.h>

#include "box/box.h"

/* All below `path`: {"cache/": null, "cache/index0/size": "64K", "driver@": null}; null where only
 * the name counts. Links are not followed. */
_must_check_ int tree_read(struct box *box, const char *path, json_t **ret);

/* Only the names, of one level; those of memory blocks are left out: they come and go by
 * themselves. */
_must_check_ int tree_read_names(struct box *box, const char *path, json_t **ret);

/* What differs, at most `max` of it: [{"path", "was", "now"}], null for what is not there. Owned by
 * the caller; empty when all is equal. */
json_t *tree_compare(const json_t *was, const json_t *now, size_t max);
