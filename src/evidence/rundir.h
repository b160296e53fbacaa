// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a run's evidence goes: a directory, or the lab's port. Format: docs/run-format.md.
 * A rundir may be used from several threads, and from a forked child that inherited it.
 */
#pragma once

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"

struct rundir;

#define RUNDIR_META "meta"
#define RUNDIR_CATALOG "catalog"
#define RUNDIR_JOURNAL "journal"
#define RUNDIR_OUTSIDE "outside"
#define RUNDIR_KMSG "kmsg"
#define RUNDIR_PLAN "plan" /* one plan a line, each a whole document: docs/plan-format.md */

/* Creates the directory (and its parents); it must not hold a journal already: -EEXIST. */
_must_check_ int rundir_create(const char *path, struct rundir **ret, struct error *err);

/* The lab's port: `fd` is read and written, and closed by rundir_free(). */
_must_check_ int rundir_on_port(int fd, struct rundir **ret);

void rundir_free(struct rundir *rd);
CLEANUP_DEFINE(struct rundir, rundir, rundir_free)

/* The directory's path, or NULL on a port. */
const char *rundir_path(const struct rundir *rd);

/* Writes a whole document (meta, catalog). On a port it is one line. */
_must_check_ int rundir_put(struct rundir *rd, const char *stream, json_t *doc);

/* Appends one line (without its newline) to a stream. */
_must_check_ int rundir_append(struct rundir *rd, const char *stream, const char *line);

/*
 * What is appended to a port from now on may wait in memory, up to a few KiB, until
 * rundir_release() or a line that must be safe; what waits is lost with the process. For moments in
 * which many short lines come, each of which costs the guest an exit to its host. Files never wait.
 * Not for two threads at once.
 */
void rundir_hold(struct rundir *rd);
_must_check_ int rundir_release(struct rundir *rd);

/*
 * Appends to the journal and returns only when the line is safe: on disk (fdatasync), or
 * acknowledged by the lab. -ETIMEDOUT: the lab did not answer within 10 s (scaled). Only one thread
 * of one process may do this at a time.
 */
_must_check_ int rundir_append_sync(struct rundir *rd, const char *line, long seq);
