// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a run says of its box, as the tracker names it: architecture, kernel, options. Pure
 * functions over a run's meta.json; no database.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/limits.h"

struct names {
	char run[LIMITS_NAME + 16]; /* with room for what makes it one of its own */
	char machine[LIMITS_NAME + 1];
	char arch[32];                    /* Debian's word: amd64, arm64 */
	char kernel[LIMITS_NAME * 2 + 8]; /* "6.1.192-2 (6.1.0-56-cloud-amd64)", or the release */
	char release[LIMITS_NAME + 1];    /* uname -r */
	char version[64];                 /* "6.1.192-2", or the release's numbers */
	char series[16];                  /* "6.1" */
	int64_t number;                   /* orders kernels */
	char options[LIMITS_OPTIONS + 1]; /* what of the command line changes the kernel's ways */
	int64_t began_at;                 /* s since 1970; 0: not told */
	char hotproof[32];                /* its version */
};

/* False: names no run, machine or kernel, or one that cannot be a name; *ret_missing says which. */
bool names_of_run(const json_t *meta, struct names *ret, const char **ret_missing);

/* Whether the name of a run is one that no other run has, by how it is made. */
bool names_is_own(const char *run);

/* Orders "6.12.90", "6.12.90-1-arm64", "6.13-rc2": -rc comes before the release. 0: no number. */
int64_t names_kernel_number(const char *release);

/* "amd64" of "x86_64" and so on; what is not known stays as it is. */
const char *names_arch(const char *machine);

/* "amd64-4 6.12" may hold spaces and any letter, but no control characters; 1 ... LIMITS_NAME. */
bool names_is_name(const char *text);
