// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel tree in which somebody has built a kernel, as a lab boots it: its image, and its modules
 * as a folder with a modules.dep. Nothing is written into the tree, and nothing is built.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "lab/arch.h"

struct kernel_tree {
	char *image;   /* arch/ARCH/boot/... */
	char *modules; /* .../lib/modules/RELEASE */
	char *release;
	char *stage; /* a folder of ours under the temporary directory, or NULL */
};

/*
 * The modules are those that `make modules_install INSTALL_MOD_PATH=DIR` has put into the tree, or
 * else those of modules.order where they were built, listed by depmod in a folder of ours. -ENOENT:
 * what is missing, and how it is made.
 */
_must_check_ int kernel_tree_open(const char *dir, const struct arch *arch,
				  struct kernel_tree **ret, struct error *err);

/* Removes the folder too. */
void kernel_tree_free(struct kernel_tree *t);
CLEANUP_DEFINE(struct kernel_tree, kernel_tree, kernel_tree_free)
