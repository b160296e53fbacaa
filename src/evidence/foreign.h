// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results of other suites: KTAP (kselftest, KUnit), JUnit, LTP's and stress-ng's own words. They
 * come without acts and expectations: what a suite says is read here and believed, no more.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

#define FOREIGN_NAME 128 /* of a test; longer ones are cut */
#define FOREIGN_WHY 512  /* the line that explains a result */
#define FOREIGN_RESULTS 20000

struct foreign {
	const char *format; /* ktap, junit, ltp, stress-ng */
	const char *suite;  /* "kselftest/cpu-hotplug": the scenario of its tests */
	const char *machine, *arch, *kernel;
	const char *run; /* NULL or "": made of the suite and what it says */
	int64_t at;      /* when it ran, s; 0: now */
	const char *text;
	size_t len;
};

/* The document of results.json, as far as there is one to make, owned by the caller. -EBADMSG: it
 * is not of that format, or has no result; -EINVAL: no such format. */
_must_check_ int foreign_parse(const struct foreign *f, json_t **ret_results, struct error *err);
