// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does KVM really work here? /dev/kvm may be there and never boot a guest (nested virtualisation),
 * so the only honest answer is to boot one, with a deadline, in a process that is killed for sure.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

enum kvm_want { KVM_AUTO, KVM_NEVER, KVM_ALWAYS };

/*
 * 1: it works, 0: it does not; *ret_why (owned by the caller) is a sentence. The answer is
 * remembered in the cache for this boot of the host and this QEMU. `kernel`: which to boot; NULL:
 * only a remembered answer or the quick checks (-EAGAIN when that does not settle it).
 */
_must_check_ int kvm_probe(const char *kernel, char **ret_why, struct error *err);

/* Forgets the remembered answer. */
void kvm_forget(void);
