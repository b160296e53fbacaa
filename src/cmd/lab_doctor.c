// SPDX-License-Identifier: GPL-2.0-or-later
/* `hotproof lab doctor`: prints what is there and what is missing, with the command that gets it.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/lab.h"
#include "lab/doctor.h"
#include "lab/guest_program.h"

enum { OPT_NO_PROBE = 1 };

static const struct cmd_option options[] = {
	{ OPT_NO_PROBE, "no-probe", 0, NULL, "Do not boot a guest to find out whether KVM works" },
	{},
};

static void print(const struct doctor_finding *f)
{
	printf("%-8s %-10s %s\n",
	       f->is_ok       ? "ok"
	       : f->is_needed ? "MISSING"
			      : "lacking",
	       f->what, f->text);
	if (!f->is_ok && *f->remedy)
		printf("%-8s %-10s get it with: %s\n", "", "", f->remedy);
}

static int run(int argc, char **argv)
{
	struct cmd_args args = CMD_ARGS(&cmd_lab_doctor, argc, argv);
	struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
	_cleanup_free_ char *hotproof = guest_program_own();
	bool may_probe = true, is_well = true;
	const char *value;
	int o, n;

	while ((o = cmd_next(&args, &value)) != CMD_END) {
		if (o == CMD_OPERAND)
			return cmd_usage_error(&cmd_lab_doctor,
					       "takes no operand, but was given \"%s\"", value);
		if (o != OPT_NO_PROBE)
			return VERDICT_EXIT_USAGE;
		may_probe = false;
	}
	n = doctor_look(hotproof, may_probe, findings);
	for (int i = 0; i < n; i++) {
		print(&findings[i]);
		is_well &= findings[i].is_ok || !findings[i].is_needed;
	}
	printf("%s\n",
	       is_well ? "guests can run here" : "guests cannot run here yet: see what is MISSING");
	return is_well ? VERDICT_EXIT_PASSED : VERDICT_EXIT_FAILED;
}

const struct cmd cmd_lab_doctor = {
	.name = "doctor",
	.summary = "Say what is missing for guests on this machine, and how to get it",
	.usage = "[OPTION]...",
	.options = options,
	.run = run,
};
