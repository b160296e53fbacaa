// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's initramfs: hotproof as /init, kernel modules and the order to load them in, the plan,
 * top and sar, and what the user adds. It lives in a nameless file, so that nothing can be left
 * behind.
 *
 *   /init                  the static hotproof binary
 *   /etc/hotproof/race-plan.json  only with a plan of races to repeat
 *   /etc/hotproof/modules  one a line: path and parameters, in loading order; the user's own come
 * last /etc/hotproof/plan.json {"argv": [...], "watchdog_s"}: what PID 1 runs
 * /lib/hotproof/modules/ the module files, unpacked /lib/modules/RELEASE/  modules that are not
 * loaded, and a modules.dep of them
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "lab/arch.h"

#define IMAGE_RACE_PLAN "etc/hotproof/race-plan.json"
#define IMAGE_BASELINE "etc/hotproof/baseline.json"

struct image_spec {
	const struct arch *arch;
	const char *hotproof;         /* the static binary */
	const char *modules;          /* .../lib/modules/RELEASE */
	const char *userland;         /* folder; NULL: none */
	const char *const *insmod;    /* "FILE[,param=value...]", NULL-terminated; may be NULL */
	const char *const *add;       /* folders; NULL-terminated; may be NULL */
	const char *const *plan_argv; /* NULL-terminated */
	const char *const *suite;     /* folders; NULL-terminated; may be NULL */
	const char *suite_dir;        /* goes to SUITE_FOLDER; NULL: none */
	const char *race_plan;        /* file for run --plan; NULL: none */
	int watchdog_s;               /* for how long the guest's watchdog waits; 0: none */
	const char *baseline;         /* text for run --baseline; NULL: none */
};

/* A guest has no shared libraries for its first process: -ENOEXEC when the program needs some, or
 * is of another architecture. */
_must_check_ int image_check_program(const char *path, const struct arch *arch, struct error *err);

/* *ret_fd is a memfd that holds the image; *ret_size its size in bytes. */
_must_check_ int image_build(const struct image_spec *spec, int *ret_fd, size_t *ret_size,
			     struct error *err);
