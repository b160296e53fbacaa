// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The platform's side of CPUs that come and go as hardware: device_add and device_del by QMP, when
 * the guest asks for it. What the guest makes of it is judged by outside/plug.h.
 */
#pragma once

#include <jansson.h>

#include "base/cleanup.h"
#include "lab/arch.h"
#include "lab/qmp.h"

struct plug;

/* `qmp` stays the caller's. */
_must_check_ int plug_new(const struct arch *arch, struct qmp *qmp, struct plug **ret);
void plug_free(struct plug *p);
CLEANUP_DEFINE(struct plug, plug, plug_free)

/* A line "plug.ask" of the journal is done, a line "plug.seen" is judged: the lines for
 * outside.jsonl, as an array. */
json_t *plug_line(struct plug *p, const json_t *line);
