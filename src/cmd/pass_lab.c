// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab ...` runs `hotproof-lab ...`, as git does, and the same for the tracker: they are
 * programs of their own, so that this one stays small in a guest. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/cmds.h"

#define LAB "hotproof-lab"
#define TRACKER "hotproof-tracker"

/* Returns only when it cannot be started. */
static int pass_on(const struct cmd *cmd, const char *program, char **argv)
{
	_cleanup_free_ char *beside = NULL;
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		beside = text_printf("%s/%s", self, program);
		if (beside)
			execv(beside, argv);
	}
	execvp(program, argv);
	return cmd_fail(
		cmd, VERDICT_EXIT_NOT_JUDGED,
		"cannot start \"%s\", neither beside this program nor from PATH: %s; is it installed?",
		program, strerror(errno));
}

static int run(int argc, char **argv)
{
	(void)argc;
	argv[0] = (char *)LAB;
	return pass_on(&cmd_lab, LAB, argv);
}

static int run_tracker(int argc, char **argv)
{
	(void)argc;
	argv[0] = (char *)TRACKER;
	return pass_on(&cmd_tracker, TRACKER, argv);
}

/* argv[0] is "shrink", and stays as the subcommand of the other program. */
static int run_shrink(int argc, char **argv)
{
	_cleanup_free_ char **longer = calloc(argc + 2, sizeof(*longer));

	if (!longer)
		return cmd_fail(&cmd_shrink, VERDICT_EXIT_NOT_JUDGED, "memory is short");
	longer[0] = (char *)LAB;
	memcpy(longer + 1, argv, argc * sizeof(*argv));
	return pass_on(&cmd_shrink, LAB, longer);
}

const struct cmd cmd_lab = {
	.name = "lab",
	.summary = "Boot guests and prove CPU hotplug in them",
	.usage = "COMMAND [OPTION]...",
	.is_passed_on = true,
	.run = run,
};

const struct cmd cmd_shrink = {
	.name = "shrink",
	.summary = "Find the smallest plan with which a race still fails",
	.usage = "[OPTION]... RUN",
	.is_passed_on = true,
	.run = run_shrink,
};

const struct cmd cmd_tracker = {
	.name = "tracker",
	.summary = "Keep the record of all runs, and show it as a site",
	.usage = "COMMAND [OPTION]...",
	.is_passed_on = true,
	.run = run_tracker,
};
