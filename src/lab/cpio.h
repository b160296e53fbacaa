// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a "newc" cpio archive, the format of an initramfs, as a stream. It needs no root: owners
 * and device nodes are just numbers in a header. Not a reader, and not a general archiver.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct cpio;

/* Writes to fd from where it stands; the fd stays the caller's. */
_must_check_ int cpio_new(int fd, struct cpio **ret);
void cpio_free(struct cpio *c);
CLEANUP_DEFINE(struct cpio, cpio, cpio_free)

/*
 * Names have no leading '/'; folders above them are added when they are not there yet. When a name
 * comes twice, the kernel keeps the later one. -errno of the write, -EINVAL for a name with "..".
 */
_must_check_ int cpio_add_dir(struct cpio *c, const char *name);
_must_check_ int cpio_add_data(struct cpio *c, const char *name, unsigned int mode,
			       const void *data, size_t len);
_must_check_ int cpio_add_node(struct cpio *c, const char *name, unsigned int mode,
			       unsigned int major, unsigned int minor);

/* A regular file or symbolic link of this machine, with its permission bits. */
_must_check_ int cpio_add_file(struct cpio *c, const char *name, const char *source,
			       struct error *err);

/* All of a folder, its content named below prefix ("" for the top). Sockets and devices are passed
 * over. */
_must_check_ int cpio_add_tree(struct cpio *c, const char *prefix, const char *folder,
			       struct error *err);

/* The trailer; nothing may be added afterwards. */
_must_check_ int cpio_finish(struct cpio *c);
