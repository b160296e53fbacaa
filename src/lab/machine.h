// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Machines: guest shapes, one small JSON file each in machines/, built into the program. A user's
 * own file works too. What a machine is made of in QEMU's words is qemu.c's matter.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "lab/arch.h"

struct machine {
	char *name, *summary;
	char *arch;             /* "amd64" */
	const struct arch *isa; /* its row */
	char *cpu_model;        /* for -cpu */
	char *kernel;           /* flavour in the cache: "6.1" */
	char *append;           /* kernel options of this machine */
	char *nic, *disk;       /* QEMU's device names; NULL: none */
	char *firmware;         /* file for -bios; NULL: QEMU's own */
	char **provides; /* needs that it meets besides plan_common, NULL-terminated, or NULL */
	int max_cpus;    /* slots for CPUs that may be added; 0: as many as there are CPUs */
	int cpus, sockets, cores, threads;
	int mem_mib;
};

struct embedded_text {
	const char *name, *text;
};

/* All built-in machines, ended by one without a name. */
extern const struct embedded_text machine_texts[];

#define MACHINE_DEFAULT "amd64-4"

/* A built-in machine by name, or a file when there is a '/' in it or it ends in ".json". */
_must_check_ int machine_load(const char *name, struct machine **ret, struct error *err);
_must_check_ int machine_parse(const char *name, const char *text, struct machine **ret,
			       struct error *err);

/* Another number of CPUs: all in one socket, one thread a core. */
void machine_set_cpus(struct machine *m, int cpus);

void machine_free(struct machine *m);
CLEANUP_DEFINE(struct machine, machine, machine_free)

#define MACHINE_CPUS_MAX 255
#define MACHINE_MEM_MIN 256
