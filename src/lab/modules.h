// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which files of a kernel's modules folder a guest needs, in the order in which they must be
 * loaded, and their plain content. It reads what depmod(8) wrote; it loads nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct modules;

/* `folder` is .../lib/modules/RELEASE, with a modules.dep in it. */
_must_check_ int modules_open(const char *folder, struct modules **ret, struct error *err);
void modules_free(struct modules *m);
CLEANUP_DEFINE(struct modules, modules, modules_free)

/*
 * Adds a module ("virtio_net", '-' and '_' are the same) and all that it depends on to the list,
 * each once, what is needed first before what needs it. 1: in the list; 0: built into the kernel;
 * -ENOENT: this kernel has no such module.
 */
_must_check_ int modules_want(struct modules *m, const char *name, struct error *err);

/* The list: files relative to the folder, in loading order. */
size_t modules_count(const struct modules *m);
const char *modules_file(const struct modules *m, size_t i);

/* Name as the guest shall see it: without the suffix of a compressed file. Owned by the caller. */
char *modules_plain_name(const char *file);

/* The content of a module file, unpacked when it ends in .xz, .zst or .gz; owned by the caller. */
_must_check_ int modules_read(const char *path, char **ret_data, size_t *ret_len,
			      struct error *err);

/* Modules that this one says it depends on ("a,b" in its .modinfo), NULL when none. Owned by the
 * caller. */
char *modules_depends(const char *data, size_t len);
