// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Other suites in a guest: what each takes from the cache (tools/fetch-suite) or from the user's
 * folder, and the command that runs it there. What the suite says is read in the guest.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "lab/arch.h"

#define SUITE_NAMES "ltp-cpuhotplug, kselftest, stress-ng, ktap:COMMAND"
/* Where the user's folder lies in the guest. */
#define SUITE_FOLDER "opt/suite"

struct suite_choice {
	char *name, *command;
	const char *format, *folder; /* of the guest, to run it in; NULL: none */
	char *trees[4];              /* to lay over the guest; NULL-terminated */
};

/*
 * "kselftest", "ktap:COMMAND", "stress-ng" or "stress-ng:ARGUMENTS". `dir`: the suite's files;
 * NULL: Debian's. -EINVAL: no such suite; -ENOENT: its files are not here, and how to get them.
 */
_must_check_ int suite_choose(const char *spec, const char *dir, const struct arch *arch,
			      struct suite_choice **ret, struct error *err);
void suite_choice_free(struct suite_choice *c);
CLEANUP_DEFINE(struct suite_choice, suite_choice, suite_choice_free)
