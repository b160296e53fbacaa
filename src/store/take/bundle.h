// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run directories as archives, in both directions, by libarchive. What comes from strangers is
 * unpacked only as far as it is a run directory: plain files with plain names, few and bounded.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/*
 * A tar file (plain, gzip, zstd or xz) from `fd`, from its start, into the existing empty directory
 * `dir`. One folder around it all is left out. -EBADMSG: it is no archive, or holds what no run
 * directory does; -EFBIG: beyond limits.h.
 */
_must_check_ int bundle_unpack(int fd, const char *dir, struct error *err);

/* The same from memory. */
_must_check_ int bundle_unpack_memory(const void *data, size_t len, const char *dir,
				      struct error *err);

/*
 * The files of a run directory as tar.zst, owned by the caller, the same bytes for the same files.
 * `digest` is over names and contents, not over the archive, so that it does not depend on how it
 * was packed. results.json and reports are left out: they are derived.
 */
#define BUNDLE_DIGEST 32
struct bundle_packed {
	char *data;
	size_t len;
	unsigned char digest[BUNDLE_DIGEST];
};
_must_check_ int bundle_pack(const char *dir, struct bundle_packed *ret, struct error *err);

/* Makes an empty directory under TMPDIR (or /tmp) for unpacking; bundle_remove() takes it away
 * with all that is in it. `path` is the caller's, of BUNDLE_PATH bytes. */
#define BUNDLE_PATH 256
_must_check_ int bundle_make_dir(char *path, struct error *err);
void bundle_remove(const char *path);
static inline void cleanup_bundle_dir(char (*path)[BUNDLE_PATH])
{
	if ((*path)[0])
		bundle_remove(*path);
}
/* char dir[BUNDLE_PATH] _cleanup_bundle_dir_ = ""; */
#define _cleanup_bundle_dir_ __attribute__((cleanup(cleanup_bundle_dir)))
