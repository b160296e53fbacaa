// SPDX-License-Identifier: GPL-2.0-or-later
/* What this machine lacks for lab guests, and the command that gets it. It looks; it installs
 * nothing. */
#pragma once

#include <stdbool.h>

struct doctor_finding {
	const char *what; /* "QEMU" */
	bool is_ok;
	bool is_needed;   /* false: guests run without it, or slower */
	char text[256];   /* what was found */
	char remedy[256]; /* a command, or "" */
};

#define DOCTOR_FINDINGS_MAX 16

/* Fills in the findings and returns how many. `may_probe`: KVM may be tried with a guest (some
 * seconds, once a boot). */
int doctor_look(const char *hotproof, bool may_probe, struct doctor_finding *ret);
