// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab ...` runs `hotproof-lab ...`, as git does: the lab is a program of its own, so that
 * this one stays small in a guest. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/cmds.h"

#define LAB "hotproof-lab"

static int run(int argc, char **argv)
{
	_cleanup_free_ char *beside = NULL;
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)argc;
	argv[0] = (char *)LAB;
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		beside = text_printf("%s/%s", self, LAB);
		if (beside)
			execv(beside, argv);
	}
	execvp(LAB, argv);
	return cmd_fail(
		&cmd_lab, VERDICT_EXIT_NOT_JUDGED,
		"cannot start \"%s\", neither beside this program nor from PATH: %s; is it installed?",
		LAB, strerror(errno));
}

const struct cmd cmd_lab = {
	.name = "lab",
	.summary = "Boot guests and prove CPU hotplug in them",
	.usage = "COMMAND [OPTION]...",
	.is_passed_on = true,
	.run = run,
};
