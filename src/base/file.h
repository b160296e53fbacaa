// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole files in and out. `dirfd` as in openat(2). */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* Reads all of it; *ret is NUL-terminated and owned by the caller. Pseudo files (size 0) work.
 * Limit: 64 MiB, -EFBIG. */
_must_check_ int file_read(int dirfd, const char *path, char **ret_text, size_t *ret_len);

/* One write(2) of the whole text to an existing file, as sysfs wants it; the kernel's errno comes
 * back as it is. */
_must_check_ int file_write(int dirfd, const char *path, const char *text);

/* Creates or replaces, by way of a temporary name and rename(2), so that a reader never sees half a
 * file. */
_must_check_ int file_replace(int dirfd, const char *path, const void *data, size_t len);

/* write(2) until all is out; -errno. */
_must_check_ int file_write_all(int fd, const void *data, size_t len);

/* mkdir -p; 0 when it is there already. */
_must_check_ int file_mkdirs(const char *path, unsigned int mode);
