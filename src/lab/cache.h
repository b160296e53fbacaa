// SPDX-License-Identifier: GPL-2.0-or-later
/* Where tools/fetch-kernel and tools/fetch-userland leave things. It finds and names; it fetches
 * nothing. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "lab/arch.h"

/* $HOTPROOF_CACHE, or hotproof in $XDG_CACHE_HOME or ~/.cache. Owned by the caller. */
char *cache_path(const char *sub);

/*
 * vmlinuz and modules folder of a kernel by name ("6.1", "debian:sid/generic"); -ENOENT says how to
 * get it. Owned by the caller.
 */
_must_check_ int cache_kernel(const struct arch *arch, const char *name, char **ret_kernel,
			      char **ret_modules, struct error *err);

/* Folder to lay over the guest's root. -ENOENT says how to get it. */
_must_check_ int cache_userland(const struct arch *arch, char **ret_folder, struct error *err);
