// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What differs from architecture to architecture, in one table: QEMU's program and board, the
 * console, the bus, the guest's ELF files. What a machine has of it is machine.h's matter.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arch {
	const char *name;         /* Debian's: "arm64" */
	const char *machine;      /* its plain one of machines/ */
	const char *uname;        /* the kernel's: "aarch64" */
	const char *qemu;         /* program */
	const char *qemu_package; /* Debian's package of it */
	const char *board;        /* for -M */
	const char *console;      /* for the kernel's console= */
	const char *virtio_bus;   /* suffix of QEMU's device names: "pci" or "ccw" */
	/* The property by which QEMU tells the number that the guest's hardware description gives a
	 * CPU ("props:X": in query-cpus-fast); NULL: QEMU's own index is it. */
	const char *vcpu_id;
	const char *panic_device; /* tells a panic by QMP; NULL: none, or the board has it */
	const char *watchdog;     /* QEMU's device; NULL: the board has none that a kernel serves */
	uint16_t elf_machine;
	bool is_64, is_big_endian;
	bool has_vmcoreinfo; /* the device through which a kernel says what a dump needs */
};

/* All of them, ended by one without a name; the first is the default machine's. */
extern const struct arch arch_table[];

/* NULL: not known. */
const struct arch *arch_find(const char *name);

/* "amd64 i386 ...", owned by the caller. */
char *arch_names(void);

/* A guest of it may run under this host's KVM. */
bool arch_is_native(const struct arch *a);
