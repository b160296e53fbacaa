// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only door to the kernel under test. Every file of /sys, /proc, tracefs and /dev is named
 * relative to one root: the real one, or a scripted one in tests that answers and reacts as a
 * kernel would (or as a broken kernel would).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct box;

/* A scripted root implements these; paths have no leading '/'. All return 0 or -errno. */
struct box_ops {
	int (*read)(void *ctx, const char *path, char **ret_text);
	int (*write)(void *ctx, const char *path, const char *text);
	int (*list)(
		void *ctx, const char *path,
		char ***ret_names); /* NULL-terminated, sorted, no dot files; box_free_names() */
	/* A stream of records, one a read(2), non-blocking: "kmsg" (as /dev/kmsg, from its end),
	 * "uevent" (as NETLINK_KOBJECT_UEVENT). */
	int (*open_stream)(void *ctx, const char *name);
	void (*free)(void *ctx);
};

/* The real root: "/" or any directory that looks like one (a snapshot of files; then there are no
 * streams). */
_must_check_ int box_open(const char *root, struct box **ret, struct error *err);
_must_check_ int box_open_scripted(const struct box_ops *ops, void *ctx, struct box **ret);
void box_free(struct box *box);
CLEANUP_DEFINE(struct box, box, box_free)

/* False for scripted roots and for a directory other than "/": no threads may be bound there, no
 * program started. */
bool box_is_real(const struct box *box);

/* What was read once and stays as it is while a kernel runs. For the files of box/ only. */
struct box_memo {
	int state_online; /* 0: not read yet */
};
struct box_memo *box_memo(struct box *box);

/* Whole file, newline kept, owned by the caller. */
_must_check_ int box_read(struct box *box, const char *path, char **ret_text);

/* Path by printf; trailing white space cut. */
_must_check_ int box_readf(struct box *box, char **ret_text, const char *path_fmt, ...)
	_printf_(3, 4);
_must_check_ int box_read_int(struct box *box, int *ret, const char *path_fmt, ...) _printf_(3, 4);

/* One write(2) of the text; the kernel's own errno. Whoever writes state that a test changes goes
 * through stage/act.h. */
_must_check_ int box_write(struct box *box, const char *path, const char *text);
_must_check_ int box_writef(struct box *box, const char *text, const char *path_fmt, ...)
	_printf_(3, 4);

bool box_has(struct box *box, const char *path_fmt, ...)
	_printf_(2, 3); /* exists (file or directory) */

_must_check_ int box_list(struct box *box, const char *path, char ***ret_names);
/* The same; the names of folders end with '/', those of symbolic links with '@'. */
_must_check_ int box_list_kinds(struct box *box, const char *path, char ***ret_names);
void box_free_names(char **names);
CLEANUP_DEFINE(char *, names, box_free_names)
#define _cleanup_names_ _cleanup_(cleanup_names)

/* One level; where the kernel makes or removes something by it (tracefs instances, cgroups). A
 * scripted root has none: -EOPNOTSUPP. */
_must_check_ int box_make_dir(struct box *box, const char *path);
_must_check_ int box_remove_dir(struct box *box, const char *path);

/* File descriptor (caller closes) or -errno; see box_ops.open_stream. A real box has any file as a
 * stream, by its path. */
_must_check_ int box_open_stream(struct box *box, const char *name);
