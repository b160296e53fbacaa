// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One QEMU process: its command line from a machine, its QMP connection, the guest's port, its
 * console file. It is killed for sure: with the caller's thread, and by qemu_free(). It needs no
 * root. What the guest says is channel.c's matter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/process.h"
#include "lab/machine.h"
#include "lab/qmp.h"

#define QEMU_VERSION_MIN 10

struct qemu_spec {
	const struct machine *machine;
	const char *kernel;
	int image_fd;             /* initramfs */
	const char *append;       /* the user's kernel options; may be NULL */
	const char *console_path; /* a file: nobody has to read it for the guest to go on */
	bool use_kvm;
	bool has_dump; /* its memory may be dumped */
};

struct qemu {
	struct process process;
	struct qmp *qmp;
	int status;    /* as from waitpid(2), once process is PROCESS_NONE */
	int port_fd;   /* the guest's virtio-serial port "hotproof", our end */
	int stderr_fd; /* nameless file with what QEMU complained of */
	int udp_port;  /* on 127.0.0.1, forwarded to the echo; 0: machine without NIC */
	char *command; /* the command line, for the record */
};

_must_check_ int qemu_start(const struct qemu_spec *spec, int64_t deadline_ns, struct qemu **ret,
			    struct error *err);

/* Ends QEMU for sure if it has not ended yet, and frees. */
void qemu_free(struct qemu *q);
CLEANUP_DEFINE(struct qemu, qemu, qemu_free)

/* It was ended by a signal, not by its guest: the fault is QEMU's own (or whoever sent the signal).
 */
bool qemu_has_died(struct qemu *q);

/* The last line that QEMU wrote to its stderr, owned by the caller; NULL: none. */
char *qemu_complaint(const struct qemu *q);

/* "10.0.2" of a program in PATH, owned by the caller. -ENOENT: it is not there. */
_must_check_ int qemu_version(const char *program, char **ret, struct error *err);
