// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest's console says. `path` is the file that QEMU writes it to; what is returned is owned
 * by the caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The last lines ("" when there are none); NULL: memory is short. */
char *console_tail(const char *path, size_t n_lines);

/* The line that says why the kernel panicked, or NULL. */
char *console_panic(const char *path);

/*
 * What the first oops says: what happened ("divide error") and in which function; false: there was
 * none, or its lines are not those of x86 or arm64.
 */
bool console_oops(const char *path, char **ret_what, char **ret_function);

/* What hotproof in the guest last complained of, or NULL. */
char *console_complaint(const char *path);

/*
 * True when the kernel found that a vCPU's timer never fired. QEMU's TCG loses one now and then on
 * a loaded host, and the vCPU then has no timer at all until something else programs it: seen with
 * QEMU 10.0.2, docs/seen.md; the same with others: github.com/abiosoft/colima/issues/787.
 */
bool console_has_lost_timer(const char *path);
