// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A QMP client (QEMU's docs/interop/qmp-spec): commands with ids, events kept in a queue until
 * somebody takes them, everything with a deadline. Lines that are no JSON are counted and passed
 * over. It does not know what the commands do.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct qmp;

/*
 * Takes over fd, a stream socket whose other end is QEMU, also on failure; awaits the greeting and
 * leaves the capabilities mode. Deadlines are CLOCK_BOOTTIME ns. -ETIMEDOUT, -EPIPE (QEMU is gone).
 */
_must_check_ int qmp_open(int fd, int64_t deadline_ns, struct qmp **ret, struct error *err);
void qmp_free(struct qmp *q);
CLEANUP_DEFINE(struct qmp, qmp, qmp_free)

/* For poll(2); readable does not promise an event. */
int qmp_fd(const struct qmp *q);

/*
 * Sends a command and awaits its answer; events that come meanwhile are queued. `args` (may be
 * NULL): its reference is taken. *ret (may be NULL) is what it returned. QEMU's own error:
 * -EREMOTEIO with its text.
 */
_must_check_ int qmp_command(struct qmp *q, const char *name, json_t *args, int64_t deadline_ns,
			     json_t **ret, struct error *err);

/* A command of the human monitor, for what has no other: its text, owned by the caller. */
_must_check_ int qmp_hmp(struct qmp *q, const char *line, int64_t deadline_ns, char **ret_text,
			 struct error *err);

/* The next event, without waiting: 1 and *ret (owned by the caller), 0: none now; -EPIPE: QEMU is
 * gone. */
_must_check_ int qmp_event(struct qmp *q, json_t **ret);

/* "10.0.2", as it greeted. */
const char *qmp_version(const struct qmp *q);
