// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks at a guest's virtual CPUs from outside: registers by QMP, CPU time of their threads from
 * this host's /proc. What it means is outside/firmware.h's matter.
 */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "lab/arch.h"
#include "lab/qmp.h"
#include "outside/firmware.h"

struct vcpus;

/* `qmp` stays the caller's. */
_must_check_ int vcpus_new(const struct arch *arch, bool is_kvm, struct qmp *qmp, pid_t pid,
			   struct vcpus **ret);
void vcpus_free(struct vcpus *v);
CLEANUP_DEFINE(struct vcpus, vcpus, vcpus_free)

/* Where the CPU with this hardware number is in QEMU's tree of objects, owned by the caller. */
_must_check_ int vcpus_path(const struct arch *arch, struct qmp *qmp, int64_t id, char **ret,
			    struct error *err);

/*
 * One line "firmware.look" of the journal: samples that CPU, compares it with its look before, and
 * returns the lines for outside.jsonl, as an array. It never fails: what could not be had is said
 * in the lines.
 */
json_t *vcpus_look(struct vcpus *v, const json_t *look);
